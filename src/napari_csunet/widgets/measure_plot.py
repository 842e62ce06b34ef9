"""Draws the histogram and the cumulative curve of a property of objects, in the colours of the theme and the class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy

from napari_csunet.classes import PALETTE
from napari_csunet.export.numbers import number_text
from napari_csunet.widgets.drawn_plot import DrawnPlot
from napari_csunet.widgets.measure_distributions import Distribution, bin_edges

Floats = npt.NDArray[np.float64]

HEIGHT, LEGEND_ROW = 150, 15
MARGINS = (42, 6, 54, 32)  # left, top, right, bottom
SIDE_TITLE = 15
LEFT_TITLE, RIGHT_TITLE = "Objects (%)", "No larger (%)"
MOST_CURVES = 10
STEPS = (1, 2, 2.5, 5, 10)
CENTRED = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop


class MeasurePlot(DrawnPlot):
    """Bars: share of the objects in each bin (left axis). Lines: share that is no larger (right axis, to 100 %)."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("measure_plot")
        self.setToolTip(
            "Bars: how many of 100 objects have about this value. Lines: how many of 100 have this value or less. "
            "Objects count as in the summary, so that those cut by the border do not bias it."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clear("Nothing has been measured.")

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(300, HEIGHT + LEGEND_ROW * self._legend_rows())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(120, self.sizeHint().height())

    def clear(self, why: str) -> None:
        self._shown: Sequence[Distribution] = ()
        self._why, self._title, self._colour = why, "", QColor()
        self._changed()

    def show_distributions(self, shown: Sequence[Distribution], title: str, colour: str) -> None:
        """``colour`` is that of the class; several distributions take colours of their own."""
        if not shown:
            self.clear("No object counts: each is cut by the border, or there is none.")
            return
        self._shown, self._title, self._colour = shown[:MOST_CURVES], title, QColor(colour)
        self._why = f"{len(shown) - MOST_CURVES} more are not drawn." if len(shown) > MOST_CURVES else ""
        self._edges = bin_edges(np.concatenate([one.values for one in self._shown]))
        self._changed()

    def shown(self) -> Sequence[Distribution]:
        return self._shown

    def _changed(self) -> None:
        self.updateGeometry()
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def _legend_rows(self) -> int:
        return len(self._shown) + bool(self._why) if len(self._shown) > 1 else 0

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.small_font())
        if self._shown:
            self._paint(painter)
        else:
            painter.setPen(self.ink(170))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._why)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        left, top, right, bottom = MARGINS
        area = QRectF(left, top, self.width() - left - right, HEIGHT - top - bottom)
        bars = [one.histogram(self._edges) for one in self._shown]
        highest = max(float(bar.max()) for bar in bars) * 1.05
        self._paint_axes(painter, area, highest)
        for number, (one, bar) in enumerate(zip(self._shown, bars, strict=True)):
            self._paint_bars(painter, area, bar / highest, self._colour_of(number))
            self._paint_curve(painter, area, one, self._colour_of(number))
        self._paint_legend(painter)

    def _colour_of(self, number: int) -> QColor:
        return self._colour if len(self._shown) == 1 else QColor(PALETTE[number % len(PALETTE)])

    def _paint_axes(self, painter: QPainter, area: QRectF, highest: float) -> None:
        self._paint_axis_titles(painter, area)
        for share in (0.0, 0.5, 1.0):
            y = area.bottom() - share * area.height()
            painter.setPen(QPen(self.ink(40), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self.ink(170))
            middle = Qt.AlignmentFlag.AlignVCenter
            line = QRectF(SIDE_TITLE, y - 8, area.left() - SIDE_TITLE - 4, 16)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | middle, number_text(100 * share * highest, 2))
            line = QRectF(area.right() + 4, y - 8, MARGINS[2] - SIDE_TITLE - 4, 16)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, f"{100 * share:.0f}")
        self._paint_ticks(painter, area)
        line = QRectF(0, area.bottom() + 15, self.width(), 16)
        painter.drawText(line, CENTRED, self._title)

    def _paint_axis_titles(self, painter: QPainter, area: QRectF) -> None:
        """Upright, at the left and the right."""
        painter.setPen(self.ink(170))
        for title, x in ((LEFT_TITLE, SIDE_TITLE / 2), (RIGHT_TITLE, self.width() - SIDE_TITLE / 2)):
            painter.save()
            painter.translate(x, area.center().y() + (MARGINS[3] - MARGINS[1]) / 2)
            painter.rotate(-90)
            painter.drawText(QRectF(-HEIGHT / 2, -8, HEIGHT, 16), Qt.AlignmentFlag.AlignCenter, title)
            painter.restore()

    def _paint_ticks(self, painter: QPainter, area: QRectF) -> None:
        low, high = self._edges[[0, -1]]
        for value in ticks(low, high):
            x = area.left() + (value - low) / (high - low) * area.width()
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3))
            painter.drawText(QRectF(x - 30, area.bottom() + 3, 60, 14), CENTRED, f"{value:g}".replace("-", "−"))

    def _paint_bars(self, painter: QPainter, area: QRectF, heights: Floats, colour: QColor) -> None:
        """Filled if there is one group, else their outline."""
        xs = np.linspace(area.left(), area.right(), len(heights) + 1)
        if len(self._shown) == 1:
            filled = QColor(colour)
            filled.setAlpha(150)
            for x, end, height in zip(xs, xs[1:], heights, strict=False):
                height_px = height * area.height()
                painter.fillRect(QRectF(x + 0.5, area.bottom() - height_px, end - x - 1, height_px), filled)
            return
        outline = QColor(colour)
        outline.setAlpha(120)
        painter.setPen(QPen(outline, 1))
        ys = area.bottom() - np.repeat(heights, 2) * area.height()
        painter.drawPolyline(_polygon(np.repeat(xs, 2)[1:-1], ys))

    def _paint_curve(self, painter: QPainter, area: QRectF, one: Distribution, colour: QColor) -> None:
        low, high = self._edges[[0, -1]]
        values, shares = one.values, one.cumulative()
        every = max(1, len(values) // 400)
        kept = np.unique(np.r_[0 : len(values) : every, len(values) - 1])
        xs = np.repeat(np.r_[low, values[kept], high], 2)[1:]
        ys = np.repeat(np.r_[0.0, shares[kept], 1.0], 2)[:-1]
        pen = QPen(self.ink(220) if len(self._shown) == 1 else colour, 1.6)
        painter.setPen(pen)
        place = area.left() + (xs - low) / (high - low) * area.width()
        painter.drawPolyline(_polygon(place, area.bottom() - ys * area.height()))

    def _paint_legend(self, painter: QPainter) -> None:
        """Colour, name, number of objects and median of each group."""
        if len(self._shown) == 1:
            return
        for number, one in enumerate(self._shown):
            line = QRectF(MARGINS[0] + 12, HEIGHT + number * LEGEND_ROW, self.width() - MARGINS[0] - 20, LEGEND_ROW)
            painter.fillRect(QRectF(MARGINS[0], line.center().y() - 4, 8, 8), self._colour_of(number))
            painter.setPen(self.ink(230))
            said = f"{len(one.values)}, median {number_text(one.median)}"
            room = int(line.width()) - painter.fontMetrics().horizontalAdvance(said) - 8
            name = painter.fontMetrics().elidedText(one.name, Qt.TextElideMode.ElideMiddle, room)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)
        if self._why:
            line = QRectF(MARGINS[0], HEIGHT + len(self._shown) * LEGEND_ROW, self.width(), LEGEND_ROW)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self._why)


def ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers from ``low`` to ``high``."""
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(factor * power for factor in STEPS if factor * power >= rough * 0.999)
    first = int(np.ceil(low / step - 1e-9))
    return [float(f"{i * step:.10g}") for i in range(first, int(np.floor(high / step + 1e-9)) + 1)]


def _polygon(xs: Floats, ys: Floats) -> QPolygonF:
    return QPolygonF([QPointF(float(x), float(y)) for x, y in zip(xs, ys, strict=True)])
