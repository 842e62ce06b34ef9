"""A list of names, of which a long one is shortened in its middle and told whole by the tooltip."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QPaintEvent
from qtpy.QtWidgets import QStyle, QStyleOptionComboBox, QStylePainter

from napari_csunet.widgets.field_editors import CalmComboBox

MARGIN = 4


class NameCombo(CalmComboBox):
    """Takes the room that there is, whatever its names."""

    def __init__(self, name: str, explanation: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._explanation = explanation
        self.setSizeAdjustPolicy(CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.currentTextChanged.connect(self._on_current_text_changed)
        self._on_current_text_changed("")

    def show_names(self, names: Sequence[str], current: str | None) -> None:
        """Replaces the entries without a signal."""
        self.blockSignals(True)
        self.clear()
        for name in names:
            self.addItem(name)
            self.setItemData(self.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(self.findText(current) if current else -1)
        self.setEnabled(bool(names))
        self.blockSignals(False)
        self._on_current_text_changed(self.currentText())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self._shortened(option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _shortened(self, option: QStyleOptionComboBox) -> str:
        style = self.style()
        if style is None:
            return self.currentText()
        place = QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, place, self).width() - MARGIN
        text = self.currentText() or self.placeholderText()
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room)

    def _on_current_text_changed(self, text: str) -> None:
        self.setToolTip(f"{text}\n{self._explanation}" if text else self._explanation)
