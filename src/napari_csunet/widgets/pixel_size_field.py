"""The field that shows the pixel size of the checked masks and takes another one."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit

from napari_csunet.errors import MicrographError
from napari_csunet.measurement.typed_size import parse_pixel_size
from napari_csunet.micrographs.micrograph import PixelSize

TOOLTIP = (
    "Height and width of a pixel, such as 24nm, 0.02µm or 24x25nm, from the scale of the layers. Type another one and "
    "press Enter to give it to the checked masks and their micrographs; without a mask, to the micrographs on screen."
)


class PixelSizeField(QLineEdit):
    """``size_typed``: a PixelSize. ``failed``: what was typed is none."""

    size_typed = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("measure_pixel_size_edit")
        self.setToolTip(TOOLTIP)
        self.setPlaceholderText("unknown: lengths in px")
        self._shown = ""
        self.editingFinished.connect(self._on_editing_finished)

    def show_sizes(self, sizes: Sequence[PixelSize | None]) -> None:
        """Those of the checked masks; what is being typed stays."""
        before, self._shown = self._shown, _text_of(sizes)
        if not self.hasFocus() or self.text().strip() == before:
            self.setText(self._shown)

    def _on_editing_finished(self) -> None:
        typed = self.text().strip()
        if not typed or typed == self._shown:
            self.setText(self._shown)
            return
        try:
            size = parse_pixel_size(typed.removesuffix("/px"))
        except MicrographError as error:
            self.failed.emit(error)
            return
        self.size_typed.emit(size)
        self.setText(self._shown)  # so that leaving the field gives it no second time


def _text_of(sizes: Sequence[PixelSize | None]) -> str:
    """The size that all have; a word if they differ, nothing if none is known."""
    texts = {str(size).removesuffix("/px") if size else "" for size in sizes}
    return texts.pop() if len(texts) == 1 else "different" if texts else ""
