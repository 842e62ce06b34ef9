"""Gives new image layers the pixel size that their file states, which napari does not, and tells what is odd."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject, Signal

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.layers import (
    default_labels,
    finest,
    mask_shape,
    micrograph_layers,
    micrograph_name,
    pixel_size_of,
    role_of,
)
from napari_csunet.widgets.mask_layers import ADDED, fitting_micrograph


@dataclass(frozen=True)
class Header:
    """What a file states, and what the user should know about it."""

    path: Path
    pixel_size: PixelSize | None
    notices: tuple[str, ...]


class PixelSizes(QObject):
    """Reads the file of each new layer, in a thread.

    ``noticed``: all that is odd about the files opened together. ``given``: layers have got their pixel size.
    """

    noticed = Signal(str)
    given = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._asked: WeakSet[Layer] = WeakSet()
        self._notices: list[str] = []
        self._found: list[Header] = []
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.finished.connect(self._on_background_finished)

    def look_up(self) -> None:
        """Looks for files of layers that have neither scale nor unit."""
        lacking = [layer for layer in micrograph_layers(self._viewer) if _lacks_size(layer)]
        new = [layer for layer in lacking if layer not in self._asked]
        if new and not self.background.is_running:
            self._asked.update(new)
            self._notices = []
            self.background.start(_read_headers, sorted({Path(layer.source.path) for layer in new}))

    def _on_background_reported(self, found: Header) -> None:
        if found.notices:
            self._notices += found.notices
            self.noticed.emit("\n".join(self._notices))
        self._found.append(found)

    def _on_background_finished(self) -> None:
        """All at once: napari warns of each picture that it draws of layers with and without units."""
        found, self._found = self._found, []
        for one in found:
            if one.pixel_size is not None:
                self._give_to_layers_of(one.path, one.pixel_size)
        self.look_up()

    def _give_to_layers_of(self, path: Path, size: PixelSize) -> None:
        for layer in micrograph_layers(self._viewer):
            if _lacks_size(layer) and Path(layer.source.path) == path:
                self._give(layer, size)
        if len(micrograph_layers(self._viewer)) == 1:
            self._viewer.reset_view()
        self.given.emit()

    def _give(self, micrograph: Image, size: PixelSize) -> None:
        """To the micrograph and to what lies on it."""
        axes = len(mask_shape(micrograph))
        mates = [layer for layer in self._viewer.layers if self._lies_on(layer, micrograph) and layer.ndim == axes]
        for layer in (micrograph, *mates):
            if pixel_size_of(layer) is None:
                layer.scale = (*layer.scale[:-2], size.y_nm / 1000, size.x_nm / 1000)
                layer.units = (*layer.units[:-2], "um", "um")

    def _lies_on(self, layer: Layer, micrograph: Image) -> bool:
        if role_of(layer) == ADDED:
            return fitting_micrograph(self._viewer, layer) is micrograph
        if micrograph_name(layer) is not None:
            return micrograph_name(layer) == str(micrograph.name)
        if not isinstance(layer, Labels) or tuple(finest(layer).shape) != mask_shape(micrograph):
            return False
        owners = (one for one in micrograph_layers(self._viewer) if default_labels(self._viewer, one) is layer)
        return bool(
            next(owners, micrograph) is micrograph
            and np.all(layer.scale == 1)
            and np.array_equal(layer.translate[-2:], micrograph.translate[-2:])
        )


def _lacks_size(layer: Layer) -> bool:
    return bool(layer.source.path and np.all(layer.scale[-2:] == 1) and pixel_size_of(layer) is None)


def _read_headers(paths: Sequence[Path]) -> Generator[Header, None, None]:
    from napari_csunet.micrographs.reading import read_micrograph

    for path in paths:
        try:
            micrograph = read_micrograph(path)
        except MicrographError:
            continue  # napari could read it, so it is used without a pixel size
        acquisition = micrograph.acquisition
        yield Header(path, micrograph.pixel_size, acquisition.notices if acquisition else ())
