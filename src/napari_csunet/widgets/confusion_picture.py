"""Draws a confusion matrix: for each true class, what per cent of its pixels were taken for which class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QToolTip

from napari_csunet.reports import Scores
from napari_csunet.widgets.drawn_plot import DrawnPlot

RIGHT, WRONG = QColor(58, 134, 200), QColor(214, 96, 40)
STRONGEST = 190
"""Opacity of 100 %, so that letters in the theme's colour stay readable."""
NAMES, TOP, CELL = 84, 34, 26
NARROWEST = 24
"""Cells that are not as wide hold no number; the tooltip tells it."""
MIDDLE, LEFT = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHTWARDS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ConfusionPicture(DrawnPlot):
    """Rows are the truth, columns the mask; each row adds up to 100 %. Blue is right, orange is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("confusion_picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_scores(None)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(300, TOP + CELL * max(1, len(self._names)) + 2)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(120, self.sizeHint().height())

    def set_scores(self, scores: Scores | None) -> None:
        self._names: Sequence[str] = () if scores is None else list(scores.per_class)
        self._pixels = np.array(() if scores is None else scores.confusion, np.int64)
        rows = self._pixels.sum(axis=-1, keepdims=True)
        self._shares = self._pixels / np.maximum(rows, 1)
        self.setToolTip("Rows: the true class. Columns: what the mask says. Per cent of each row.")
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def told_at(self, point: QPointF) -> str:
        """What the cell at a point means, in words; empty beside the cells."""
        row, column = int((point.y() - TOP) // CELL), int((point.x() - NAMES) // self._cell_width())
        if not (0 <= row < len(self._names) and 0 <= column < len(self._names)):
            return ""
        verb = "right" if row == column else f"taken for {self._names[column]}"
        share = f"{self._shares[row, column]:.1%}".replace("%", " %")
        return f"{share} of the pixels of {self._names[row]} were {verb} ({self._pixels[row, column]:,})."

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and (told := self.told_at(QPointF(event.pos()))):
            QToolTip.showText(event.globalPos(), told, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setFont(self.small_font())
        if len(self._names):
            self._paint_names(painter)
            for row in range(len(self._names)):
                for column in range(len(self._names)):
                    self._paint_cell(painter, row, column)
        painter.end()

    def _cell_width(self) -> float:
        return (self.width() - NAMES) / max(1, len(self._names))

    def _paint_names(self, painter: QPainter) -> None:
        painter.setPen(self.ink(150))
        painter.drawText(QRectF(0, 0, NAMES - 6, TOP / 2), LEFT, "% of truth")
        painter.drawText(QRectF(NAMES, 0, self.width() - NAMES, TOP / 2), MIDDLE, "mask says")
        painter.setPen(self.ink(230))
        width = self._cell_width()
        for number, name in enumerate(self._names):
            above = QRectF(NAMES + number * width, TOP / 2, width, TOP / 2)
            painter.drawText(above, MIDDLE, self._fitting(painter, name, width - 4))
            beside = QRectF(0, TOP + number * CELL, NAMES - 6, CELL)
            painter.drawText(beside, RIGHTWARDS, self._fitting(painter, name, NAMES - 6))

    def _fitting(self, painter: QPainter, name: str, room: float) -> str:
        return painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room))

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        width, share = self._cell_width(), float(self._shares[row, column])
        area = QRectF(NAMES + column * width + 1, TOP + row * CELL + 1, width - 2, CELL - 2)
        painter.fillRect(area, self.ink(14))
        filled = QColor(RIGHT if row == column else WRONG)
        filled.setAlpha(round(STRONGEST * share**0.5))  # so that few wrong pixels show
        painter.fillRect(area, filled)
        if width >= NARROWEST:
            painter.setPen(self.ink(255 if share >= 0.005 else 120))
            painter.drawText(area, MIDDLE, per_cent(share, self._pixels[row].any()))


def per_cent(share: float, is_known: bool) -> str:
    """Such as "97", "0.4" or "0"; a dash in the row of a class that does not occur."""
    if not is_known:
        return "–"
    return f"{100 * share:.0f}" if share == 0 or share >= 0.095 else f"{100 * share:.1f}"
