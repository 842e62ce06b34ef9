"""What plots that draw themselves have in common: the ink and the small letters of the theme."""

from __future__ import annotations

from qtpy.QtGui import QColor, QFont, QPalette
from qtpy.QtWidgets import QWidget


class DrawnPlot(QWidget):
    """A plot whose lines and letters have the colour of the window's text."""

    def ink(self, alpha: int) -> QColor:
        """``alpha``: from 0, nothing, to 255."""
        colour = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        colour.setAlpha(alpha)
        return colour

    def small_font(self) -> QFont:
        font = self.font()
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
        return font
