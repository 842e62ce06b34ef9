"""Draws loss and validation IoU per class while a network learns, in the colours of the theme and the classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy

from napari_csunet.classes import ClassTable
from napari_csunet.reports import Scores, TrainingReport
from napari_csunet.widgets.drawn_plot import DrawnPlot

Points = list[tuple[float, float]]

LABEL_WIDTH = 104
SMOOTHING = 0.9
MOST_POINTS = 600


class LearningCurve(DrawnPlot):
    """Loss (grey, its own scale) and IoU of each class (0 to 1) over the share of the training that is behind."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("learning_curve")
        self.setToolTip(
            "Grey: the loss, which should fall. Coloured: how well each class agrees with held-out labels (IoU), "
            "1 is perfect."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(96)
        self.clear(None)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(300, 130)

    def clear(self, classes: ClassTable | None) -> None:
        self._classes = classes
        self._loss: Points = []
        self._iou: dict[str, Points] = {name: [] for name in classes.class_names} if classes else {}
        self._smooth = math.nan
        self.update()

    def add(self, report: TrainingReport) -> None:
        if report.kind == "step" and math.isfinite(report.loss):
            self._add_loss(report.progress.share, report.loss)
        if report.scores is not None:
            self._add_scores(report.progress.share, report.scores)
        self.update()

    def latest(self) -> dict[str, float]:
        """Last IoU of each class that has one."""
        return {name: points[-1][1] for name, points in self._iou.items() if points}

    def _add_loss(self, share: float, loss: float) -> None:
        start = math.isnan(self._smooth)
        self._smooth = loss if start else SMOOTHING * self._smooth + (1 - SMOOTHING) * loss
        self._loss.append((share, self._smooth))
        if len(self._loss) > MOST_POINTS:
            self._loss = self._loss[::2]

    def _add_scores(self, share: float, scores: Scores) -> None:
        for name, score in scores.per_class.items():
            if math.isfinite(score.iou) and name in self._iou:
                self._iou[name].append((share, score.iou))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.small_font())
        area = QRectF(26, 8, self.width() - 26 - LABEL_WIDTH, self.height() - 18)
        self._draw_frame(painter, area)
        self._draw_line(painter, area, _scaled(self._loss), self.ink(150), 1.2)
        for name, colour in self._coloured():
            self._draw_line(painter, area, self._iou[name], colour, 2.0)
        self._draw_legend(painter, area)
        painter.end()

    def _coloured(self) -> list[tuple[str, QColor]]:
        classes = self._classes.classes if self._classes else ()
        return [(entry.name, QColor(entry.colour)) for entry in classes]

    def _draw_frame(self, painter: QPainter, area: QRectF) -> None:
        for value in (0.0, 0.5, 1.0):
            y = area.bottom() - value * area.height()
            painter.setPen(QPen(self.ink(40), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self.ink(170))
            painter.drawText(
                QRectF(0, y - 8, 22, 16), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:g}"
            )

    def _draw_line(self, painter: QPainter, area: QRectF, points: Points, colour: QColor, width: float) -> None:
        painter.setPen(QPen(colour, width))
        placed = [QPointF(area.left() + x * area.width(), area.bottom() - y * area.height()) for x, y in points]
        if len(placed) == 1:
            painter.drawEllipse(placed[0], width, width)
        painter.drawPolyline(QPolygonF(placed))

    def _draw_legend(self, painter: QPainter, area: QRectF) -> None:
        """A line for each curve beside the plot: its colour, its name and its last value."""
        entries = [(name, colour, self._iou[name]) for name, colour in self._coloured()]
        entries.append(("loss", self.ink(150), self._loss))
        left, step = area.right() + 8, min(16.0, self.height() / max(1, len(entries)))
        for row, (name, colour, points) in enumerate(entries):
            line = QRectF(left + 12, row * step, LABEL_WIDTH - 22, step)
            painter.fillRect(QRectF(left, line.center().y() - 4, 8, 8), colour)
            painter.setPen(self.ink(230))
            last = f"{points[-1][1]:.2f}" if points else "–"
            room = int(line.width()) - 28
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, last)


def _scaled(points: Sequence[tuple[float, float]]) -> Points:
    """The loss, so that its highest value touches the top."""
    highest = max((y for _, y in points), default=1.0) or 1.0
    return [(x, max(0.0, y / highest)) for x, y in points]
