"""What trains: the micrographs that are checked, and those of the open project that it keeps for nothing else."""

from __future__ import annotations

from dataclasses import replace

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtWidgets import QWidget

from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.label_check import CheckRequest, check_request
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts
from napari_csunet.widgets.project_beside import session_beside
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.training_material import TrainingMaterial, training_layers, training_material, with_closed


class Selection:
    """Asks the panel, the layers and the project; ``counts`` are the painted pixels of the open micrographs."""

    def __init__(self, owner: QWidget, panel: FineTuneLayout, opened: OpenMicrographs) -> None:
        self._owner, self._panel, self._open = owner, panel, opened

    def trained(self, counts: Counts) -> tuple[Counts, list[str], set[str]]:
        """Pixels by micrograph, names of those that train, and names of those with labels."""
        names = [layer.name for layer in training_layers(self._checked(), self._session())]
        return with_closed(counts, names, self._open.labelled(), self._session())

    def material(self, counts: Counts) -> TrainingMaterial:
        return training_material(self._checked(), counts, self._open, self._session())

    def name(self, counts: Counts) -> str:
        """Of a training: that of the first micrograph with labels."""
        return next((layer.name for layer in self._checked() if any(counts.get(layer.name, {}).values())), "model")

    def check_request(self, viewer: Viewer, counts: Counts) -> CheckRequest:
        """What is to be checked before it trains."""
        known, names, _ = self.trained(counts)
        layers = training_layers(self._checked(), self._session())
        trained = {name: known.get(name, {}) for name in names}
        request = check_request(viewer, self._open, layers, self._panel.classes.value(), trained)
        return replace(request, exclude_databar=self._excludes_databar())

    def _excludes_databar(self) -> bool:
        try:
            return bool(self._panel.form.value().exclude_databar)
        except ValueError:  # the settings do not fit together, which is told when the training begins
            return True

    def _checked(self) -> list[Image]:
        checked = self._panel.micrographs.checked()
        return [layer for layer in self._open.layers() if layer.name in checked]

    def _session(self) -> ProjectSession | None:
        return session_beside(self._owner)
