"""What is painted with each label value: on the layers of a viewer, and in the files of an open project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

from napari_csunet.project.label_files import painted_pixels
from napari_csunet.widgets.layers import finest, role_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.project_session import ProjectSession

Place: TypeAlias = Labels | str
"""A label layer, or the key of a micrograph of the open project, whose labels may be a layer or a file."""


class PaintedClasses:
    """Asks the layers and the project anew each time; ``session`` gives the open project, if there is one."""

    def __init__(
        self, viewer: ViewerModel, opened: OpenMicrographs, session: Callable[[], ProjectSession | None]
    ) -> None:
        self._viewer, self._open, self._session = viewer, opened, session

    @property
    def session(self) -> ProjectSession | None:
        return self._session()

    def layers(self) -> dict[Place, Labels]:
        """All label layers, those of micrographs of the project by their keys."""
        keys = self._keys()
        ours = [one for one in self._viewer.layers if isinstance(one, Labels) and role_of(one) == "labels"]
        return {keys.get(layer, layer): layer for layer in dict.fromkeys([*self._open.label_layers(), *ours])}

    def files(self, value: int) -> dict[str, Path]:
        """Label files of closed micrographs on which a label value is painted."""
        painted = {key: one for key, one in self._closed().items() if one.get(value)}
        session = self.session
        return {} if session is None else {key: session.project.labels_path(key) for key in painted}

    def pixels(self) -> Counter[int]:
        """Of each label value above 0, in the class table or not."""
        counts: Counter[int] = Counter()
        for layer in self.layers().values():
            counts.update(painted_pixels(np.maximum(np.asarray(finest(layer)), 0)))
        for painted in self._closed().values():
            counts.update(painted)
        return counts

    def _keys(self) -> dict[Labels, str]:
        session = self.session
        images = {key: session.image(key) for key in session.project.keys} if session is not None else {}
        layers = {key: self._open.labels_of(image) for key, image in images.items() if image is not None}
        return {layer: key for key, layer in layers.items() if layer is not None}

    def _closed(self) -> dict[str, dict[int, int]]:
        session = self.session
        if session is None:
            return {}
        return {one.key: one.painted for one in session.project.description.micrographs if not session.image(one.key)}
