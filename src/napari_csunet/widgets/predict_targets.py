"""Which micrographs Predict is asked for: those on screen, all that are open, or those of the open project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari.layers import Image
from napari.viewer import Viewer
from qtpy.QtWidgets import QWidget

from napari_csunet.widgets.layers import micrograph_layers
from napari_csunet.widgets.predict_layout import PredictLayout
from napari_csunet.widgets.project_beside import session_beside
from napari_csunet.widgets.project_prediction import ClosedMicrographs
from napari_csunet.widgets.project_session import ProjectSession

OPEN_ONE = "Open a micrograph"


@dataclass(frozen=True, eq=False)
class Asked:
    """What was asked for by one click: micrographs that were open, and the project whose others are wanted, too."""

    layers: Sequence[Image]
    session: ProjectSession | None = None

    def now(self, viewer: Viewer) -> tuple[list[Image], ClosedMicrographs | None]:
        """Those layers that are still there, and what else there is of the project, whether it was opened since or not.

        None in place of the others: there is no project, or it was closed.
        """
        layers = [layer for layer in self.layers if layer in viewer.layers]
        if self.session is None or self.session.is_closed:
            return layers, None
        return layers, ClosedMicrographs.of(self.session, layers)


class PredictTargets:
    """Asks the panel, the layers and the project beside it."""

    def __init__(self, viewer: Viewer, panel: PredictLayout, owner: QWidget) -> None:
        self._viewer, self._panel, self._owner = viewer, panel, owner

    def refresh(self) -> None:
        """The choice of the project is there as long as one is open."""
        self._panel.show_project_choice(self._session_if_any() is not None)

    def layers(self) -> list[Image]:
        """What is to be predicted of what is open."""
        layers, session = micrograph_layers(self._viewer), self._session()
        if session is not None:
            return [layer for layer in layers if session.role_of(layer) is not None]
        return layers if self._panel.on_all.isChecked() else [layer for layer in layers if layer.visible]

    def asked(self) -> Asked:
        """What is chosen now."""
        return Asked(self.layers(), self._session())

    def obstacle(self) -> str:
        """Why there is nothing to predict, as a request; empty if there is something."""
        if self._session() is not None:
            return ""
        if not micrograph_layers(self._viewer):
            return OPEN_ONE
        return "" if self.layers() else "Show a micrograph, or choose all"

    def _session(self) -> ProjectSession | None:
        """That of the project, if it is chosen."""
        return self._session_if_any() if self._panel.on_project.isChecked() else None

    def _session_if_any(self) -> ProjectSession | None:
        return session_beside(self._owner)
