"""What the panel has to say: one sentence, and for the unexpected a way to see the details."""

from __future__ import annotations

import traceback

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from napari_csunet.errors import CSUNetError


class Status(QWidget):
    """A sentence that can be selected and copied; *Details* shows the traceback of an unexpected error."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._label = QLabel()
        self._label.setObjectName(name)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = QToolButton()
        self._details.setObjectName("details_button")
        self._details.setText("Details")
        self._details.setToolTip("Show what a programmer needs to find the mistake.")
        self._details.setCheckable(True)
        self._text = QPlainTextEdit()
        self._text.setObjectName("details_text")
        self._text.setReadOnly(True)
        self._text.setFixedHeight(120)
        self._details.toggled.connect(self._text.setVisible)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._label, self._details, self._text):
            layout.addWidget(widget)
        self.say("")

    def text(self) -> str:
        return str(self._label.text())

    def say(self, sentence: str) -> None:
        self._label.setText(sentence)
        self.setVisible(bool(sentence))
        self._details.hide()
        self._details.setChecked(False)
        self._text.hide()

    def say_error(self, error: Exception) -> None:
        if isinstance(error, CSUNetError):
            self.say(str(error))
            return
        self.say(f"Something unexpected went wrong: {error}. What was painted and saved so far is still there.")
        self._text.setPlainText("".join(traceback.format_exception(error)))
        self._details.show()
