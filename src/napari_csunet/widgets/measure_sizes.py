"""The pixel size of the Measure panel: shown, typed, taken from a scale bar or a header, and told when it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari.layers import Layer
from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal

from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.layers import micrograph_layers, pictures_of, pixel_size_of
from napari_csunet.widgets.measure_layout import MeasureLayout
from napari_csunet.widgets.measure_sources import give_size, give_size_to, size_of
from napari_csunet.widgets.pixel_size_watch import SizeWatch
from napari_csunet.widgets.pixel_sizes import PixelSizes
from napari_csunet.widgets.scale_bar import ScaleBar


class MeasureSizes(QObject):
    """``checked``: tells the checked masks. ``changed``: layers have another scale, whoever gave it.

    ``given``: the user has given a pixel size here; with a sentence about it, or none. ``said``, ``failed``: for the
    status line.
    """

    changed = Signal()
    given = Signal(str)
    said = Signal(str)
    failed = Signal(object)

    def __init__(self, viewer: Viewer, panel: MeasureLayout, checked: Callable[[], list[Layer]]) -> None:
        super().__init__(panel.pixel_size)
        self._viewer, self._field, self._checked = viewer, panel.pixel_size, checked
        self._from_headers, self._watch = PixelSizes(viewer), SizeWatch(viewer)
        self._scale_bar = ScaleBar(viewer, panel.scale_bar)
        self._watch.changed.connect(self.changed)
        self._from_headers.given.connect(self.changed)
        self._from_headers.noticed.connect(self.said)
        self._field.size_typed.connect(self._on_size_typed)
        self._scale_bar.sized.connect(self.given)
        for part in (self._field, self._scale_bar):
            part.failed.connect(self.failed)

    def watch(self, *, headers: bool) -> None:
        """New layers too; ``headers``: whether nobody else reads the pixel sizes of their files."""
        if headers:
            self._from_headers.look_up()
        self._watch.watch()

    def show(self, masks: Sequence[Layer]) -> None:
        """Those of the checked masks; without one, of the micrographs on screen."""
        pictures = pictures_of(self._viewer)
        shown = [pixel_size_of(one) for one in pictures.micrographs if one.visible]
        self._field.show_sizes([size_of(self._viewer, mask, pictures) for mask in masks] or shown)

    def stop(self) -> None:
        self._scale_bar.disconnect_viewer()
        self._watch.disconnect_layers()

    def close(self, seconds: float) -> bool:
        """Ends the thread, see ``end_all``."""
        return end_all((self._from_headers.background,), seconds)

    def _on_size_typed(self, size: PixelSize) -> None:
        """For the checked masks, or for the micrographs on screen if there is none."""
        masks = self._checked()
        give_size(self._viewer, masks, size)
        for micrograph in micrograph_layers(self._viewer):
            if micrograph.visible and not masks:
                give_size_to(self._viewer, micrograph, size)
        self.given.emit("")
