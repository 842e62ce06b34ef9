"""The window that writes a model for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QLabel, QPushButton

from napari_csunet.export.model_format import ModelFormat
from napari_csunet.widgets.export_model import ExportModelDialog


@pytest.fixture
def dialog(qtbot: Any, tmp_path: Path) -> Iterator[ExportModelDialog]:
    made = ExportModelDialog(tmp_path / "alloy 2026-01-02 03.04.csunet.safetensors")
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    yield made
    assert made.close_background(30)


def test_it_names_the_model_and_offers_both_formats(dialog: ExportModelDialog) -> None:
    assert dialog.windowTitle() == "Export model alloy"
    combo = dialog.findChild(QComboBox, "model_format_combo")
    assert [combo.itemData(i) for i in range(combo.count())] == ["onnx", "bioimageio"]


def test_an_error_is_said_and_the_button_comes_back(dialog: ExportModelDialog, qtbot: Any, tmp_path: Path) -> None:
    dialog.export_to(tmp_path / "a.onnx")
    button = dialog.findChild(QPushButton, "export_model_button")
    assert not button.isEnabled()
    qtbot.waitUntil(button.isEnabled, timeout=60_000)
    said = dialog.findChild(QLabel, "export_model_status_label").text()
    is_installed = all(find_spec(module) for module in ModelFormat.ONNX.needs)
    assert ("There is no checkpoint at" if is_installed else "Exporting models needs onnx") in said
