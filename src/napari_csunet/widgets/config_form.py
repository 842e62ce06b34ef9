"""Edits a TrainingConfig: what everybody chooses in view, the rest folded under "more"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_csunet.config import TrainingConfig
from napari_csunet.model.weights import CHOICES
from napari_csunet.widgets.device_combo import DeviceCombo
from napari_csunet.widgets.field_editors import CalmComboBox, CalmDoubleSpinBox, FieldEditor, editor_for
from napari_csunet.widgets.fold import Fold

ADVANCED = {
    "architecture": "Network",
    "cnn_encoder": "CNN encoder",
    "accept_partial_weights": "Partial weights",
    "reduction": "Working scale",
    "steps": "Steps",
    "patch_size": "Patch size",
    "batch_size": "Batch size",
    "learning_rate": "Learning rate",
    "weight_decay": "Weight decay",
    "averaging": "Averaging",
    "balanced_share": "Balanced share",
    "validation_share": "Held-out share",
    "scale_range": "Magnification",
    "intensity": "Variation of intensity",
    "flips": "Mirror",
    "layers": "Layers",
    "quarter_turns": "Quarter turns",
    "invert_contrast": "Invert contrast",
    "precision": "Precision",
    "seed": "Seed",
}
"""Fields under "more" and what they are called."""

FILE_CHOICE = "a file…"


class ConfigForm(QWidget):
    """A form over a ``TrainingConfig``."""

    value_changed = Signal(object)
    adapt_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rest = TrainingConfig()  # what no control shows
        self._preset = editor_for(TrainingConfig, "preset")
        self._device = DeviceCombo("device_combo", TrainingConfig.model_fields["device"].description or "")
        self._weights = _combo("encoder_weights_combo", TrainingConfig.model_fields["encoder_weights"].description)
        self._minutes = _minutes_spin()
        self._editors = {name: editor_for(TrainingConfig, name) for name in ADVANCED}
        self._advanced = self._make_advanced()
        self._more = Fold("more_button", self._advanced)
        self._arrange()
        for key, description in CHOICES.items():
            self._weights.addItem(key, key)
            self._weights.setItemData(self._weights.count() - 1, description, Qt.ItemDataRole.ToolTipRole)
        self._weights.addItem(FILE_CHOICE, None)
        self.set_value(TrainingConfig())
        self._connect()

    def value(self) -> TrainingConfig:
        """Raises ValueError if the fields contradict each other."""
        chosen: dict[str, Any] = {name: editor.value() for name, editor in self._editors.items()}
        chosen |= {
            "preset": self._preset.value(),
            "device": self._device.value(),
            "encoder_weights": self._weights.currentData() or "none",
            "minutes": self._minutes.value(),
        }
        settings = self._rest.model_dump() | chosen
        if settings["encoder_weights"] == TrainingConfig.model_fields["encoder_weights"].default:
            del settings["encoder_weights"]  # not asked for by name: the engine may do without
        return TrainingConfig.model_validate(settings)

    def set_value(self, config: TrainingConfig) -> None:
        self._rest = config
        self._preset.set_value(config.preset)
        self._device.set_value(config.device)
        _choose(self._weights, config.encoder_weights)
        if config.minutes is not None:
            self._minutes.setValue(config.minutes)
        for name, editor in self._editors.items():
            editor.set_value(getattr(config, name))
        self._minutes.setEnabled(config.steps is None)

    def set_weights(self, path: Path) -> None:
        """Chooses weights of one's own."""
        _choose(self._weights, str(path))

    def set_devices(self, devices: Sequence[tuple[str, str]]) -> None:
        """Fills the list of devices, given by name and label, the best one first."""
        self._device.set_devices(devices)

    def _make_advanced(self) -> QWidget:
        holder = QWidget()
        form = QFormLayout(holder)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        for name, label in ADVANCED.items():
            form.addRow(_label(label, self._editors[name]), self._editors[name])
        restore = QPushButton("Restore defaults")
        restore.setObjectName("restore_defaults_button")
        restore.setToolTip("Set everything in this panel back to what suits most micrographs.")
        restore.clicked.connect(self._on_restore_clicked)
        adapt = QPushButton("Adapt to my micrographs…")
        adapt.setObjectName("adapt_open_button")
        adapt.setToolTip("Let the network look at unlabelled micrographs first, and start from what it learned.")
        adapt.clicked.connect(self.adapt_clicked)
        form.addRow(adapt)
        form.addRow(restore)
        return holder

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(_row("Preset", self._preset, "for", self._minutes, stretch=(3, 4)))
        layout.addLayout(_row("On", self._device, stretch=(1,)))
        start = _row("Start from", self._weights, stretch=(1,))
        start.addWidget(self._more)
        layout.addLayout(start)
        layout.addWidget(self._advanced)

    def _connect(self) -> None:
        self._preset.findChild(CalmComboBox).setObjectName("preset_combo")
        self._weights.activated.connect(self._on_weights_activated)
        self._device.currentIndexChanged.connect(self._on_any_changed)
        self._weights.currentIndexChanged.connect(self._on_any_changed)
        self._minutes.valueChanged.connect(self._on_any_changed)
        for editor in (self._preset, *self._editors.values()):
            editor.value_changed.connect(self._on_any_changed)

    def _on_any_changed(self, *_: object) -> None:
        self._minutes.setEnabled(self._editors["steps"].value() is None)
        try:
            config = self.value()
        except ValueError:
            return  # told when it is used
        self.value_changed.emit(config)

    def _on_restore_clicked(self) -> None:
        self.set_value(TrainingConfig())

    def _on_weights_activated(self, index: int) -> None:
        if self._weights.itemText(index) != FILE_CHOICE:
            return
        path, _ = QFileDialog.getOpenFileName(self, "Encoder weights", str(Path.home()))
        _choose(self._weights, path or "none")


def _combo(name: str, tooltip: str | None) -> CalmComboBox:
    combo = CalmComboBox()
    combo.setObjectName(name)
    combo.setToolTip(tooltip or "")
    combo.setSizeAdjustPolicy(CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(4)
    return combo


def _minutes_spin() -> CalmDoubleSpinBox:
    spin = CalmDoubleSpinBox()
    spin.setObjectName("minutes_spin")
    spin.setToolTip(TrainingConfig.model_fields["minutes"].description or "")
    spin.setRange(0.1, 10_000)
    spin.setDecimals(1)
    spin.setSingleStep(1)
    spin.setSuffix(" min")
    spin.setMinimumWidth(124)
    return spin


def _choose(combo: CalmComboBox, data: str) -> None:
    """Chooses the entry with this data, adding it in front of the last one if there is none."""
    if combo.findData(data) < 0:
        combo.insertItem(max(0, combo.count() - 1), Path(data).name, data)
    combo.setCurrentIndex(combo.findData(data))


def _label(text: str, editor: FieldEditor) -> QLabel:
    label = QLabel(text)
    label.setBuddy(editor)
    control = editor.focusProxy()
    label.setToolTip(control.toolTip() if control is not None else "")
    return label


def _row(*parts: str | QWidget, stretch: tuple[int, ...]) -> QHBoxLayout:
    """A line of labels and controls; ``stretch`` is for the controls."""
    row, factors = QHBoxLayout(), iter(stretch)
    for part in parts:
        if isinstance(part, str):
            row.addWidget(QLabel(part))
        else:
            row.addWidget(part, next(factors))
    return row
