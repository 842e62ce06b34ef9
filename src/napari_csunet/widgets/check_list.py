"""What to look at before training: a sentence a row, each with a button that shows the place."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from napari_csunet.training.finding import Finding

GREATEST_HEIGHT = 116


class CheckList(QScrollArea):
    """As high as its sentences, up to a limit; without any it takes no room. ``show_wanted`` tells the finding."""

    show_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("check_list")
        self.setToolTip("What may spoil the training. You can train all the same.")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._findings: tuple[Finding, ...] = ()
        self.set_findings(())

    def set_findings(self, findings: Sequence[Finding]) -> None:
        self._findings = tuple(findings)
        rows = QWidget()
        layout = QVBoxLayout(rows)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for finding in self._findings:
            layout.addWidget(self._row(finding))
        layout.addStretch(1)
        self.setWidget(rows)
        self.setVisible(bool(findings))
        QTimer.singleShot(0, self._fit)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, self.maximumHeight())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """To the height that the sentences take at this width."""
        rows, viewport = self.widget(), self.viewport()
        layout = rows.layout() if rows is not None else None
        if layout is not None and viewport is not None:
            self.setFixedHeight(min(GREATEST_HEIGHT, max(1, layout.heightForWidth(viewport.width()))))

    def _row(self, finding: Finding) -> QWidget:
        row = QWidget()
        sentence = QLabel(finding.sentence)
        sentence.setObjectName("check_label")
        sentence.setWordWrap(True)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 4, 0)
        layout.addWidget(sentence, 1)
        if finding.micrograph is not None or finding.value is not None:
            layout.addWidget(self._show_button(finding), 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _show_button(self, finding: Finding) -> QPushButton:
        button = QPushButton("Show me")
        button.setObjectName("show_me_button")
        button.setToolTip("Bring the place on screen, or choose the class.")
        button.clicked.connect(lambda: self.show_wanted.emit(finding))
        return button
