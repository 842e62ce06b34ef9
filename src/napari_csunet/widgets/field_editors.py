"""An editor for one field of a configuration: its kind, limits and tooltip come from the field itself."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSizePolicy, QSpinBox, QWidget

WIDEST = 10**9

AUTOMATIC = "automatic"
"""Shown where the program chooses."""


class FieldEditor(QWidget):
    """Wraps one control; ``value``, ``set_value`` and ``value_changed`` whatever the kind."""

    value_changed = Signal()

    def __init__(self, name: str, control: QWidget, tooltip: str) -> None:
        super().__init__()
        control.setObjectName(name)
        control.setToolTip(tooltip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(control)
        self.setFocusProxy(control)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # the panel decides the width

    def value(self) -> Any:
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        raise NotImplementedError


class Check(FieldEditor):
    """Yes or no; an optional one can be half checked, which is None: the program chooses."""

    def __init__(self, name: str, tooltip: str, *, optional: bool) -> None:
        self._control = QCheckBox()
        self._control.setTristate(optional)
        super().__init__(name, self._control, f"{tooltip} Half checked: the program chooses." if optional else tooltip)
        self._control.stateChanged.connect(lambda _: self.value_changed.emit())

    def value(self) -> bool | None:
        state = self._control.checkState()
        return None if state == Qt.CheckState.PartiallyChecked else state == Qt.CheckState.Checked

    def set_value(self, value: bool | None) -> None:
        states = {None: Qt.CheckState.PartiallyChecked, True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
        self._control.setCheckState(states[value])


class Choice(FieldEditor):
    """One of some words; an optional one can be left to the program, which is None."""

    def __init__(self, name: str, tooltip: str, choices: tuple[str, ...], *, optional: bool) -> None:
        self._control = CalmComboBox()
        self._control.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._control.setMinimumContentsLength(6)
        self._control.addItems([AUTOMATIC] * optional + list(choices))
        self._is_optional = optional
        super().__init__(name, self._control, tooltip)
        self._control.currentIndexChanged.connect(lambda _: self.value_changed.emit())

    def value(self) -> str | None:
        is_automatic = self._is_optional and self._control.currentIndex() == 0
        return None if is_automatic else str(self._control.currentText())

    def set_value(self, value: str | None) -> None:
        self._control.setCurrentText(AUTOMATIC if value is None else value)


class Number(FieldEditor):
    """A whole or real number; an optional one that is left to the program is at its lowest place."""

    def __init__(self, name: str, tooltip: str, field: FieldInfo, *, whole: bool, optional: bool) -> None:
        self._control: Any = CalmSpinBox() if whole else CalmDoubleSpinBox()
        low, high = limits(field)
        self._optional = optional
        step = _multiple_of(field) or (1 if whole else None)
        if isinstance(self._control, QDoubleSpinBox):
            self._control.setDecimals(_decimals(field.default))
        lowest = low - (step or 1) if optional else low
        self._control.setRange(*((int(lowest), int(high)) if whole else (lowest, high)))
        if step:
            self._control.setSingleStep(step)
        elif isinstance(self._control, QDoubleSpinBox):
            self._control.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        if optional:
            self._control.setSpecialValueText(_unset(field))
        super().__init__(name, self._control, tooltip)
        self._control.valueChanged.connect(lambda _: self.value_changed.emit())

    def value(self) -> float | int | None:
        if self._optional and self._control.value() == self._control.minimum():
            return None
        number: float | int = self._control.value()
        return number

    def set_value(self, value: float | None) -> None:
        self._control.setValue(self._control.minimum() if value is None else value)


class Text(FieldEditor):
    def __init__(self, name: str, tooltip: str, placeholder: str) -> None:
        self._control = QLineEdit()
        self._control.setPlaceholderText(placeholder)
        super().__init__(name, self._control, tooltip)
        self._control.editingFinished.connect(self.value_changed.emit)

    def value(self) -> str | None:
        return self._control.text().strip() or None

    def set_value(self, value: str | None) -> None:
        self._control.setText(value or "")


class Pair(FieldEditor):
    """Two real numbers, such as a range."""

    def __init__(self, name: str, tooltip: str) -> None:
        holder = QWidget()
        layout = QHBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        self._controls = (CalmDoubleSpinBox(), CalmDoubleSpinBox())
        super().__init__(name, holder, tooltip)
        for control in self._controls:
            control.setRange(0.1, 10)
            control.setSingleStep(0.1)
            control.setToolTip(tooltip)
            control.setMinimumWidth(40)
            control.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
            layout.addWidget(control)
            control.valueChanged.connect(lambda _: self.value_changed.emit())

    def value(self) -> tuple[float, float]:
        low, high = sorted(control.value() for control in self._controls)
        return low, high

    def set_value(self, value: tuple[float, float]) -> None:
        for control, number in zip(self._controls, value, strict=True):
            control.setValue(number)


class CalmComboBox(QComboBox):
    """Lets the wheel scroll the panel instead of changing a setting."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.ignore()


class CalmSpinBox(QSpinBox):
    """Lets the wheel scroll the panel instead of changing a setting."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.ignore()


class CalmDoubleSpinBox(QDoubleSpinBox):
    """Lets the wheel scroll the panel instead of changing a setting."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.ignore()


def editor_for(model: type[BaseModel], name: str) -> FieldEditor:
    """An editor that suits the type and the limits of a field; its tooltip is the field's description."""
    field = model.model_fields[name]
    tooltip = field.description or ""
    optional = type(None) in get_args(field.annotation)
    kinds = [kind for kind in get_args(field.annotation) if kind is not type(None)] if optional else [field.annotation]
    if get_origin(kinds[0]) is Literal:
        return Choice(name, tooltip, get_args(kinds[0]), optional=optional)
    if get_origin(field.annotation) is tuple:
        return Pair(name, tooltip)
    if kinds[0] is bool:
        return Check(name, tooltip, optional=optional)
    if kinds[0] in (int, float):
        return Number(name, tooltip, field, whole=kinds[0] is int, optional=optional)
    return Text(name, tooltip, "as in the preset")


def limits(field: FieldInfo) -> tuple[float, float]:
    """Lowest and highest number that a field allows."""
    found = {
        key: getattr(entry, key) for entry in field.metadata for key in ("ge", "gt", "le", "lt") if hasattr(entry, key)
    }
    low = found.get("ge", found["gt"] + 1e-6 if "gt" in found else 0)
    high = found.get("le", found["lt"] - 1e-4 if "lt" in found else WIDEST)
    return low, high


def _unset(field: FieldInfo) -> str:
    """What is shown where no number is given."""
    extra = field.json_schema_extra
    return str(extra.get("unset", AUTOMATIC)) if isinstance(extra, dict) else AUTOMATIC


def _multiple_of(field: FieldInfo) -> int | None:
    return next((entry.multiple_of for entry in field.metadata if hasattr(entry, "multiple_of")), None)


def _decimals(default: Any) -> int:
    if not isinstance(default, float) or default >= 0.1:
        return 2
    return 4 if default > 0.005 else 6
