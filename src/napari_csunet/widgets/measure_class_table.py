"""The classes of the checked masks: colour, value, name, and what each is measured as."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_csunet.classes import ClassTable
from napari_csunet.measurement.kind import Kind, Kinds
from napari_csunet.widgets.class_table import headers, swatch
from napari_csunet.widgets.field_editors import CalmComboBox
from napari_csunet.widgets.measure_survey import Survey

VALUE, NAME, KIND = range(3)
VISIBLE_ROWS, ROW_HEIGHT = 4, 24
TOOLTIP = "The classes of the checked masks. Double-click a name to change it; choose on the right what it is."
MEANINGS = {
    Kind.PARTICLES: "Objects with a size each: precipitates, pores, particles.",
    Kind.LAYER: "A coating: its thickness is measured.",
    Kind.GRAINS: "Grains that touch: their size by intercepts (ASTM E112). The only other class is their boundary.",
    Kind.BOUNDARIES: "The lines between grains: what they enclose is measured as grains.",
    Kind.MATRIX: "What lies around the others: area fraction and intercepts, and no objects.",
}
NUMBERED_KINDS = (Kind.PARTICLES, Kind.GRAINS, Kind.MATRIX)


class MeasureClassTable(QTableWidget):
    """``renamed``: the ClassTable with the new name. ``kind_chosen``: class value and Kind."""

    renamed = Signal(object)
    kind_chosen = Signal(int, object)

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setObjectName("measure_classes_table")
        self.setToolTip(TOOLTIP)
        self._survey: Survey | None = None
        rows, columns = headers(self)
        rows.hide()
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.hide()
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(14, 14))
        for column, mode in ((VALUE, "ResizeToContents"), (NAME, "Stretch"), (KIND, "ResizeToContents")):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode[mode])
        self.itemChanged.connect(self._on_item_changed)
        self.hide()

    def survey(self) -> Survey | None:
        """What is shown."""
        return self._survey

    def kinds(self) -> Kinds:
        return self._survey.kinds if self._survey else {}

    def show_survey(self, survey: Survey | None) -> None:
        """None hides the table."""
        self.setVisible(survey is not None)
        if survey == self._survey:
            return
        self._survey = survey
        self._fill()

    def _fill(self) -> None:
        classes = self._survey.classes.classes if self._survey else ()
        self.blockSignals(True)
        self.setRowCount(len(classes))
        for row, c in enumerate(classes):
            value = QTableWidgetItem(swatch(c.colour), str(c.value))
            value.setFlags(value.flags() & ~Qt.ItemFlag.ItemIsEditable)
            value.setToolTip(f"Value {c.value} in the masks.")
            name = QTableWidgetItem(c.name)
            name.setToolTip(f"{c.name}\nDouble-click to rename it, here and in tables, plots and report.")
            self.setItem(row, VALUE, value)
            self.setItem(row, NAME, name)
            self.setCellWidget(row, KIND, self._kind_combo(c.value))
        self.blockSignals(False)
        rows = max(1, min(VISIBLE_ROWS, len(classes)))
        self.setFixedHeight(rows * ROW_HEIGHT + 2 * self.frameWidth() + 2)

    def _kind_combo(self, value: int) -> CalmComboBox:
        combo, survey = CalmComboBox(), self._survey
        combo.setObjectName(f"measured_as_{value}_combo")
        for kind in NUMBERED_KINDS if survey and survey.numbered else Kind:
            combo.addItem(kind.value, kind)
            combo.setItemData(combo.count() - 1, MEANINGS[kind], Qt.ItemDataRole.ToolTipRole)
        current = self.kinds().get(value, Kind.PARTICLES)
        combo.setCurrentText(current.value)
        combo.setToolTip(f"What it is measured as. {MEANINGS[current]}")
        combo.currentTextChanged.connect(lambda text: self._on_kind_changed(value, Kind(text)))
        return combo

    def _on_kind_changed(self, value: int, kind: Kind) -> None:
        self.kind_chosen.emit(value, kind)

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        if self._survey is None or item.column() != NAME:
            return
        classes, name = self._survey.classes, item.text().strip()[:60]
        others = {c.name for row, c in enumerate(classes.classes) if row != item.row()}
        if not name or name in others:
            self._fill()  # an empty or doubled name is not taken
            return
        entries = list(classes.classes)
        entries[item.row()] = entries[item.row()].model_copy(update={"name": name})
        self.renamed.emit(ClassTable(classes=tuple(entries)))
