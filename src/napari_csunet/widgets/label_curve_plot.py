"""Draws how the instant answer gets better with each labelled micrograph."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy

from napari_csunet.inference.label_curve_reports import LabelCurve
from napari_csunet.widgets.drawn_plot import DrawnPlot

HEIGHT = 110
MARGINS = (30, 16, 14, 34)  # left, top, right, bottom
DOT = 3.0
CENTRED = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


class LabelCurvePlot(DrawnPlot):
    """Mean IoU (0 to 1) on the micrographs that were left out, over how many were learnt from."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("label_curve")
        self.setToolTip(
            "The instant answer learnt from 1, 2, … of the labelled micrographs, in several orders, "
            "and was judged by the labels of the others."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self._curve: LabelCurve | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(300, HEIGHT)

    def show_curve(self, curve: LabelCurve) -> None:
        self._curve = curve
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.small_font())
        left, top, right, bottom = MARGINS
        area = QRectF(left, top, self.width() - left - right, HEIGHT - top - bottom)
        self._paint_frame(painter, area)
        if self._curve is not None:
            self._paint_curve(painter, area, self._curve)
        painter.end()

    def _paint_frame(self, painter: QPainter, area: QRectF) -> None:
        for value in (0.0, 0.5, 1.0):
            y = area.bottom() - value * area.height()
            painter.setPen(QPen(self.ink(40), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self.ink(170))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, MARGINS[0] - 6, 16), right, f"{value:g}")
        below = QRectF(0, area.bottom() + 16, self.width(), 16)
        painter.drawText(below, CENTRED, "micrographs learnt from · mean IoU on the others")

    def _paint_curve(self, painter: QPainter, area: QRectF, curve: LabelCurve) -> None:
        count = len(curve.points)
        places = [
            QPointF(area.left() + (number + 0.5) / count * area.width(), area.bottom() - point.mean_iou * area.height())
            for number, point in enumerate(curve.points)
        ]
        painter.setPen(QPen(self.ink(200), 1.6))
        painter.drawPolyline(QPolygonF(places))
        painter.setBrush(self.ink(255))
        for place, point in zip(places, curve.points, strict=True):
            painter.drawEllipse(place, DOT, DOT)
            above = QRectF(place.x() - 20, max(0.0, place.y() - 18), 40, 14)
            painter.drawText(above, CENTRED, f"{point.mean_iou:.2f}")
            under = QRectF(place.x() - 20, area.bottom() + 2, 40, 14)
            painter.drawText(under, CENTRED, str(point.micrographs))
