"""The two halves of the Measure panel: what is measured above, the numbers below, and how they share its height."""

from __future__ import annotations

from typing import cast

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QScrollArea, QScrollBar, QSplitter, QVBoxLayout, QWidget

from napari_csunet.widgets.docking import PANEL_WIDTH

LEAST = 190
"""Height that the lower half keeps whatever is unfolded above it."""
EDGE = 2
"""Of a scroll area, above and below what it shows."""


class Halves(QSplitter):
    """Each half scrolls if it has too little room. The upper one gets what it needs, as far as the numbers leave it.

    Once somebody has moved the line between them, it stays there.
    """

    def __init__(self, upper: QWidget, lower: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setObjectName("measure_splitter")
        self.setChildrenCollapsible(False)
        self.setHandleWidth(7)
        self._upper, self._lower = upper, lower
        self._is_moved = self._is_unfolded = False
        self._to_end = QTimer(self)  # in a moment, when the upper half has its new height
        self._to_end.setSingleShot(True)
        self._to_end.setInterval(0)
        self._to_end.timeout.connect(self._show_end)
        self._looked_for: QWidget | None = None
        self._to_part = QTimer(self)
        self._to_part.setSingleShot(True)
        self._to_part.setInterval(0)
        self._to_part.timeout.connect(self._show_part)
        for half in (upper, lower):
            self.addWidget(_scrolling(half))
            half.installEventFilter(self)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 1)
        self.splitterMoved.connect(self._on_moved)

    def fill(self, owner: QWidget) -> None:
        """A whole panel."""
        layout = QVBoxLayout(owner)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self)
        owner.setMinimumWidth(PANEL_WIDTH)

    def set_unfolded(self, is_unfolded: bool) -> None:
        """Whether somebody looks at more than usual in the upper half; it then gets room for that."""
        self._is_unfolded, self._is_moved = is_unfolded, False
        self._share()
        if is_unfolded:
            self._to_end.start()

    def bring_into_view(self, part: QWidget) -> None:
        """A part of the upper half that has just been shown, once it has its place; does nothing if it is hidden."""
        self._looked_for = part
        self._to_part.start()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Something came, went or grew in one of the halves."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            if self._is_unfolded and self._bar().value() == self._bar().maximum():
                self._to_end.start()
            self._share()
        return False

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        total, needed = sum(self.sizes()), _height_of(self._upper)
        kept = min(LEAST, total // 2) if self._is_unfolded else _height_of(self._lower, least=True)
        upper = min(needed, max(total - kept, total // 4))
        if not self._is_moved and total and self.sizes()[0] != upper:
            self.setSizes([upper, total - upper])

    def _show_end(self) -> None:
        """Where what was unfolded stands."""
        self._bar().setValue(self._bar().maximum())

    def _show_part(self) -> None:
        if self._looked_for is not None and self._looked_for.isVisible():
            cast(QScrollArea, self.widget(0)).ensureWidgetVisible(self._looked_for, 0, EDGE)

    def _bar(self) -> QScrollBar:
        return cast(QScrollBar, cast(QScrollArea, self.widget(0)).verticalScrollBar())

    def _on_moved(self, position: int, index: int) -> None:
        self._is_moved = True


def _height_of(half: QWidget, *, least: bool = False) -> int:
    """That shows all of it at its width, in which sentences break into lines; ``least``: with tables at their least."""
    layout = half.layout()
    if layout is not None and layout.hasHeightForWidth():
        of_width = layout.minimumHeightForWidth if least else layout.totalHeightForWidth
        return int(of_width(half.width())) + EDGE
    return (half.minimumSizeHint() if least else half.sizeHint()).height() + EDGE


def _scrolling(half: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setMinimumHeight(60)
    area.setWidget(half)
    return area
