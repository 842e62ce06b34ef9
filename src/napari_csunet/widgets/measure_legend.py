"""What the colours of objects mean: the property, its unit, and the colours from the smallest to the largest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy

from napari_csunet.export.numbers import number_text
from napari_csunet.widgets.drawn_plot import DrawnPlot
from napari_csunet.widgets.measure_distributions import PROPERTIES, unit_of
from napari_csunet.widgets.measure_work import MeasuredMasks

COLOURS = "viridis"
HEIGHT, RAMP_HEIGHT, STOPS = 46, 10, 16
OUTERMOST = (1, 99)
"""Percentiles at the ends of the colours, so that one large object hides no other."""


@dataclass(frozen=True)
class ColourScale:
    """low, high: values in ``unit`` that have the first and the last colour."""

    title: str
    unit: str
    low: float
    high: float


def colour_scale(measured: MeasuredMasks, class_name: str, title: str) -> ColourScale:
    """For the objects of a class in all masks, so that one colour means one value everywhere."""
    quantity, table = PROPERTIES[title], measured.tables.objects
    values = table[quantity.name][table["class"] == class_name].to_numpy(np.float64)
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, OUTERMOST) if known.size else (0.0, 1.0)
    high = high if high > low else low + (abs(low) or 1.0)
    return ColourScale(title, unit_of(quantity, measured.unit), float(low), float(high))


class ColourLegend(DrawnPlot):
    """Hidden while nothing is coloured."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("colour_legend")
        self.setToolTip("What the colours mean. The smallest and the largest hundredth share the colours of the ends.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self._scale: ColourScale | None = None
        self.hide()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, HEIGHT)

    def scale(self) -> ColourScale | None:
        return self._scale

    def show_scale(self, scale: ColourScale | None) -> None:
        self._scale = scale
        self.setVisible(scale is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        if self._scale is None:
            return
        painter = QPainter(self)
        painter.setFont(self.small_font())
        painter.setPen(self.ink(230))
        scale, line = self._scale, (self.height() - RAMP_HEIGHT) / 2
        top = QRectF(2, 0, self.width() - 4, line)
        bottom = QRectF(2, line + RAMP_HEIGHT, self.width() - 4, line)
        unit = f" ({scale.unit})" if scale.unit else ""
        painter.drawText(top, Qt.AlignmentFlag.AlignCenter, f"{scale.title}{unit}")
        painter.drawText(bottom, Qt.AlignmentFlag.AlignLeft, number_text(scale.low))
        painter.drawText(bottom, Qt.AlignmentFlag.AlignHCenter, number_text((scale.low + scale.high) / 2))
        painter.drawText(bottom, Qt.AlignmentFlag.AlignRight, number_text(scale.high))
        ramp = QRectF(2, line, self.width() - 4, RAMP_HEIGHT)
        painter.fillRect(ramp, _gradient(ramp))
        painter.end()


def _gradient(ramp: QRectF) -> QLinearGradient:
    gradient = QLinearGradient(QPointF(ramp.left(), 0), QPointF(ramp.right(), 0))
    shares = np.linspace(0, 1, STOPS)
    for share, colour in zip(shares, ensure_colormap(COLOURS).map(shares), strict=True):
        gradient.setColorAt(float(share), QColor.fromRgbF(*(float(part) for part in colour)))
    return gradient
