"""A button that unfolds what is rarely needed."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QToolButton, QWidget


class Fold(QToolButton):
    """Named ``more``; shows and hides a widget that stands elsewhere."""

    def __init__(self, name: str, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setText("more")
        self.setObjectName(name)
        self.setToolTip("Settings that rarely need a change.")
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggled.connect(self._on_toggled)
        self._on_toggled(False)

    def _on_toggled(self, shown: bool) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._content.setVisible(shown)
