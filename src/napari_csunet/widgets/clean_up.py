"""The form for cleaning masks up: settings class by class, shown before they are applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QFormLayout, QLabel, QSlider, QVBoxLayout, QWidget

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.class_table import swatch
from napari_csunet.widgets.field_editors import CalmDoubleSpinBox
from napari_csunet.widgets.mask_cleaning import CleanUp, CleanUps
from napari_csunet.widgets.name_combo import NameCombo
from napari_csunet.widgets.panel_parts import button, check, row
from napari_csunet.widgets.status import Status

UNITS = ("px", "µm²")
AREA_STEPS = {"px": 5.0, "µm²": 0.01}
LARGEST_AREA = 10**9
LARGEST_RADIUS = 100
SPLIT_STEPS = 20

SMALLEST = "Regions smaller than this go to the class around them. 0 leaves all of them."
HOLES = "Holes in this class that are smaller than this are filled. 0 fills none."
SMOOTH = "Radius in pixels over which the boundary of this class is smoothed. 0 leaves it as it is."
LARGEST = "Of this class, keep the largest region of each micrograph and no other."
SPLIT = (
    "Tell touching objects apart where they are narrower than this share of the smaller one. Left: never. No pixel of "
    "the mask changes; thin lines in the preview show the cuts."
)
APPLY = "Change the checked masks as the preview shows. Undo brings them back."


class CleanUpForm(QWidget):
    """``value``: what is to be done, by class value. Nothing is done here."""

    value_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._classes: ClassTable | None = None
        self._settings: dict[int, CleanUp] = {}
        self._make_controls()
        self._arrange()
        self._connect()
        self.set_classes(None)

    def value(self) -> CleanUps:
        """Classes to which nothing is to be done are left out."""
        values = self._classes.values if self._classes else ()
        return {v: one for v, one in self._settings.items() if v in values and one != CleanUp(unit=one.unit)}

    def set_classes(self, classes: ClassTable | None) -> None:
        """Settings of classes stay as long as the program runs, known by their values."""
        if classes == self._classes and classes is not None:
            return
        before = self._class.currentText()
        self._classes = classes
        names: Sequence[str] = classes.class_names if classes else ()
        self._class.show_names(names, before if before in names else names[-1] if names else None)
        for place, c in enumerate(classes.classes if classes else ()):
            self._class.setItemIcon(place, swatch(c.colour))
        self._show_settings()

    def show_state(self, *, can_apply: bool, can_undo: bool) -> None:
        self.apply.setEnabled(can_apply and bool(self.value()))
        self.undo.setEnabled(can_undo)

    def _make_controls(self) -> None:
        self._class = NameCombo("clean_up_class_combo", "The class to clean up; each has settings of its own.")
        self._class.setPlaceholderText("measure first")
        self._smallest = _spin("smallest_spin", SMALLEST, LARGEST_AREA)
        self._holes = _spin("fill_holes_spin", HOLES, LARGEST_AREA)
        self._smooth = _spin("smooth_spin", SMOOTH, LARGEST_RADIUS)
        self._smooth.setSuffix(" px")
        self._smooth.setSingleStep(0.5)
        self._unit = NameCombo("area_unit_combo", "Unit of the two areas.")
        self._unit.show_names(UNITS, UNITS[0])
        self._largest = check("only the largest region", "keep_largest_check", LARGEST, checked=False)
        self._split = _CalmSlider(Qt.Orientation.Horizontal)
        self._split.setObjectName("split_slider")
        self._split.setToolTip(SPLIT)
        self._split.setRange(0, SPLIT_STEPS)
        self._split_label = QLabel()
        self._split_label.setObjectName("split_label")
        self.preview = check("show", "preview_clean_up_check", "Show the mask on screen as it would be.", checked=True)
        self.apply = button("Apply", "apply_clean_up_button", APPLY)
        self.undo = button("Undo", "undo_clean_up_button", "Bring the checked masks back to what they were.")
        self.status = Status("clean_up_label")

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        form.addRow("Class", self._class)
        form.addRow("Smallest", row((self._smallest, 2), (self._unit, 1)))
        form.addRow("Fill holes", self._holes)
        form.addRow("Smooth", self._smooth)
        form.addRow("Keep", self._largest)
        form.addRow("Split", row((self._split, 3), (self._split_label, 0)))
        layout.addLayout(form)
        layout.addLayout(row((self.preview, 0), (self.apply, 1), (self.undo, 1)))
        layout.addWidget(self.status)

    def _connect(self) -> None:
        self._class.currentIndexChanged.connect(self._on_class_changed)
        for spin in (self._smallest, self._holes, self._smooth):
            spin.valueChanged.connect(self._on_control_changed)
        self._unit.currentIndexChanged.connect(self._on_control_changed)
        self._largest.toggled.connect(self._on_control_changed)
        self._split.valueChanged.connect(self._on_control_changed)

    def _value(self) -> int | None:
        """Label value of the chosen class."""
        place = self._class.currentIndex()
        return self._classes.values[place] if self._classes and place >= 0 else None

    def _on_class_changed(self, _: int) -> None:
        self._show_settings()

    def _show_settings(self) -> None:
        value = self._value()
        shown = self._settings.get(value, CleanUp()) if value is not None else CleanUp()
        controls = (self._smallest, self._holes, self._smooth, self._unit, self._largest, self._split)
        for control in controls:
            control.blockSignals(True)
            control.setEnabled(value is not None)
        self._smallest.setValue(shown.smallest)
        self._holes.setValue(shown.holes)
        self._smooth.setValue(shown.smooth)
        self._unit.setCurrentIndex(UNITS.index(shown.unit))
        self._largest.setChecked(shown.largest_only)
        self._split.setValue(round(shown.split * SPLIT_STEPS))
        for control in controls:
            control.blockSignals(False)
        self._show_units(shown)

    def _show_units(self, shown: CleanUp) -> None:
        self._holes.setSuffix(f" {shown.unit}")
        for spin in (self._smallest, self._holes):
            spin.setSingleStep(AREA_STEPS[shown.unit])
        self._split_label.setText(f"{shown.split:.2f}" if shown.split else "off")

    def _on_control_changed(self, _: object = None) -> None:
        value = self._value()
        if value is None:
            return
        self._settings[value] = replace(
            CleanUp(),
            smooth=self._smooth.value(),
            holes=self._holes.value(),
            smallest=self._smallest.value(),
            largest_only=self._largest.isChecked(),
            split=self._split.value() / SPLIT_STEPS,
            unit=UNITS[max(0, self._unit.currentIndex())],
        )
        self._show_units(self._settings[value])
        self.value_changed.emit()


class _PlainSpinBox(CalmDoubleSpinBox):
    """Shows no zeros behind the point."""

    def textFromValue(self, value: float) -> str:  # noqa: N802
        return f"{value:.10g}"


class _CalmSlider(QSlider):
    """Lets the wheel scroll the panel instead of changing a setting."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.ignore()


def _spin(name: str, tooltip: str, largest: float) -> CalmDoubleSpinBox:
    spin = _PlainSpinBox()
    spin.setObjectName(name)
    spin.setToolTip(tooltip)
    spin.setRange(0, largest)
    spin.setDecimals(3)
    spin.setSpecialValueText("off")
    return spin
