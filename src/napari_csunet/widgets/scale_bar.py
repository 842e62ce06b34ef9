"""The control that asks for a line along a scale bar and its length, and gives the micrograph its pixel size."""

from __future__ import annotations

from napari.components import ViewerModel
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.scale_bar import UNITS, line_length, size_along
from napari_csunet.widgets.measure_sources import give_size_to
from napari_csunet.widgets.name_combo import NameCombo
from napari_csunet.widgets.panel_parts import button, row, sentence
from napari_csunet.widgets.scale_bar_line import ScaleBarLine

MEASURE = "Drag a line along the scale bar of the shown micrograph and type how long it is: that gives the pixel size."
LENGTH = "The number that stands at the scale bar. Enter takes it."
LENGTH_WIDTH = 80
HOW = "Drag a line along the scale bar of {}, from end to end; a new line replaces it."


class ScaleBarForm(QWidget):
    """What is asked for once the line is being drawn; hidden before. ``begun``: it is shown."""

    begun = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.open = button("Scale bar…", "scale_bar_button", MEASURE)
        self.how = sentence("scale_bar_label")
        self.drawn = QLabel()
        self.drawn.setObjectName("scale_bar_line_label")
        self.length = QLineEdit()
        self.length.setObjectName("scale_bar_length_edit")
        self.length.setToolTip(LENGTH)
        self.length.setPlaceholderText("length")
        self.unit = NameCombo("scale_bar_unit_combo", "Unit of this length.")
        self.unit.show_names(UNITS, UNITS[1])
        self.take = button("Set", "scale_bar_take_button", "Give the micrograph, and what lies on it, this pixel size.")
        self.cancel = button("Cancel", "scale_bar_cancel_button", "Leave the pixel size as it is (Escape).")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.how)
        self.length.setMinimumWidth(LENGTH_WIDTH)
        layout.addLayout(row((self.drawn, 0), (self.length, 2), (self.unit, 1)))
        layout.addLayout(row((self.take, 1), (self.cancel, 1)))
        self.hide()

    def begin(self, micrograph: str) -> None:
        self.how.setText(HOW.format(micrograph))
        self.length.clear()
        self.show_length(None)
        self.show()
        self.begun.emit()

    def show_length(self, pixels: float | None) -> None:
        """None: there is no line yet."""
        self.drawn.setText("no line yet" if pixels is None else f"{pixels:.1f} px =")
        self.length.setEnabled(pixels is not None)
        self.take.setEnabled(pixels is not None)


class ScaleBar(QObject):
    """``sized``: a micrograph has a new pixel size, said in a sentence. ``failed``: why it has none."""

    sized = Signal(str)
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, form: ScaleBarForm) -> None:
        super().__init__(form)
        self._viewer, self._form = viewer, form
        self._line = ScaleBarLine(viewer)
        form.open.clicked.connect(self._on_open_clicked)
        form.take.clicked.connect(self._on_take_clicked)
        form.length.returnPressed.connect(self._on_take_clicked)
        form.cancel.clicked.connect(self.give_up)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), form)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.give_up)
        self._line.changed.connect(self._on_line_changed)
        self._line.given_up.connect(self.give_up)

    def give_up(self) -> None:
        self._line.end()
        self._form.hide()

    def disconnect_viewer(self) -> None:
        self._line.disconnect_viewer()
        self.give_up()

    def _on_open_clicked(self) -> None:
        try:
            self._line.begin()
        except MicrographError as error:
            self.failed.emit(error)
            return
        self._form.begin(str(self._line.micrograph.name) if self._line.micrograph else "")

    def _on_line_changed(self) -> None:
        line = self._line.line
        self._form.show_length(None if line is None else line_length(line))

    def _on_take_clicked(self) -> None:
        line, micrograph = self._line.line, self._line.micrograph
        if line is None or micrograph is None:
            return
        height, width = (abs(float(side)) for side in micrograph.scale[-2:])
        try:
            size = size_along(line, self._form.length.text(), self._form.unit.currentText(), height / width)
        except MicrographError as error:
            self.failed.emit(error)
            return
        give_size_to(self._viewer, micrograph, size)
        self.give_up()
        self.sized.emit(f"{micrograph.name}: {size}. Others of the same magnification get it through the field above.")
