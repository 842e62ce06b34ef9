"""The *Guide*: five steps from a micrograph to masks, each with a frame around what is to be clicked next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qtpy.QtCore import QPoint, QRect, Qt, QTimer
from qtpy.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QFrame, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from napari_csunet.widgets.panel_parts import button, heading, row, sentence

LOOK_MS = 300
WIDTH = 380
LINE = 2
MARKER_COLOUR = "#e69f00"
MARGIN = 4
"""Pixels between a frame and what it is around."""
INSET = 12
"""Pixels between the guide and the edges of the canvas."""


@dataclass(frozen=True, eq=False)
class Step:
    """``target``: what to look at, if it is there. ``is_done``: whether the next step makes sense."""

    title: str
    sentence: str
    target: Callable[[], QWidget | None]
    is_done: Callable[[], bool]


class Guide(QFrame):
    """Lies on the canvas, goes on by itself once a step is done, or on *Next*; hidden until ``begin``."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__()
        self.setObjectName("guide_panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFixedWidth(WIDTH)
        self._steps = steps
        self._number = 0
        self._was_done = False
        self._frame: Marker | None = None
        self.title = heading("")
        self.title.setObjectName("guide_title_label")
        self.text = sentence("guide_label")
        self.back = button("Back", "guide_back_button", "The step before.")
        self.next = button("Next", "guide_next_button", "The next step, as soon as this one is done.")
        self.end = button("Close", "guide_close_button", "End the guide; the button Guide brings it back.")
        layout = QVBoxLayout(self)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(row((self.back, 1), (self.next, 1), (self.end, 1)))
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.back.clicked.connect(lambda: self._go_to(self._number - 1))
        self.next.clicked.connect(self._on_next_clicked)
        self.end.clicked.connect(self.hide)
        self.hide()

    def begin(self, window: QMainWindow) -> None:
        """Shows the first step that is not done, over the lower left of the window's canvas."""
        self.setParent(window)
        number = next((i for i, step in enumerate(self._steps) if not step.is_done()), len(self._steps) - 1)
        self.show()
        self._go_to(number)
        self._timer.start()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        super().hideEvent(event)
        if event is None or not event.spontaneous():
            self._timer.stop()
        self._take_frame_away()

    def _on_next_clicked(self) -> None:
        if self._number + 1 == len(self._steps):
            self.hide()
        else:
            self._go_to(self._number + 1)

    def _go_to(self, number: int) -> None:
        self._number = max(0, number)
        step = self._steps[self._number]
        self._was_done = step.is_done()
        self.title.setText(f"Step {self._number + 1} of {len(self._steps)} · {step.title}")
        self.text.setText(step.sentence)
        self.back.setEnabled(self._number > 0)
        self.next.setText("Finish" if self._number + 1 == len(self._steps) else "Next")
        target = step.target()
        if target is not None:
            _scroll_to(target)
        self._look()

    def _look(self) -> None:
        """Goes on if the step has been done meanwhile; what was done before waits for *Next*, to be read first."""
        step, is_last = self._steps[self._number], self._number + 1 == len(self._steps)
        is_done = step.is_done()
        if is_done and not self._was_done and not is_last:
            self._go_to(self._number + 1)
            return
        self._was_done = is_done
        self.next.setEnabled(is_done or is_last)
        self._put_frame_around(step.target())
        self._take_place()

    def _take_place(self) -> None:
        self.adjustSize()
        window = self.window()
        canvas = window.centralWidget() if isinstance(window, QMainWindow) else None
        if canvas is not None:
            corner = canvas.mapTo(window, QPoint(0, canvas.height()))
            self.move(corner.x() + INSET, corner.y() - INSET - self.height())
        self.raise_()

    def _put_frame_around(self, target: QWidget | None) -> None:
        if target is None or not target.isVisible() or target.window() is not self.window():  # its dock may float
            self._take_frame_away()
            return
        if self._frame is None:
            self._frame = Marker(self.window())
        corner = target.mapTo(self.window(), QPoint(0, 0))
        around = QRect(corner, target.size()).adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self._frame.setGeometry(around)
        self._frame.raise_()
        self._frame.setVisible(bool(target.visibleRegion().boundingRect().height()))

    def _take_frame_away(self) -> None:
        if self._frame is not None:
            self._frame.hide()
            self._frame.deleteLater()
            self._frame = None


class Marker(QWidget):
    """A frame in a colour that stands out in napari's themes; clicks go through it."""

    def __init__(self, window: QWidget | None) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(QPen(QColor(MARKER_COLOUR), LINE))
        painter.drawRect(self.rect().adjusted(LINE // 2, LINE // 2, -LINE // 2, -LINE // 2))


def _scroll_to(target: QWidget) -> None:
    around = target.parent()
    while around is not None and not isinstance(around, QScrollArea):
        around = around.parent()
    if around is not None:
        around.ensureWidgetVisible(target)
