"""The dialog *Adapt to my micrographs…*, clicked for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton

from napari_csunet import Micrograph, TrainingConfig
from napari_csunet.widgets import adapt as adapt_module
from napari_csunet.widgets.adapt import AdaptDialog
from napari_csunet.widgets.engine import MicrographSource
from napari_csunet.widgets.models import models_folder

pytestmark = pytest.mark.usefixtures("small_network")

TINY = TrainingConfig(patch_size=64, device="cpu", precision="float32", encoder_weights="none")


@pytest.fixture
def dialog(qtbot: QtBot, micrograph: Micrograph, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdaptDialog]:
    """With one open micrograph, and a budget that is spent after a step or two."""
    monkeypatch.setattr(adapt_module, "DEFAULT_MINUTES", 0.1)
    source = MicrographSource("alloy", micrograph.pixels[0, ..., 0], False, None)
    made = AdaptDialog(lambda: [source], lambda: TINY)
    qtbot.addWidget(made)
    made.show()
    yield made
    assert made.close_background(30)


def child(dialog: AdaptDialog, name: str) -> QPushButton:
    return dialog.findChild(QPushButton, name)  # type: ignore[return-value, unused-ignore]


def click(qtbot: QtBot, dialog: AdaptDialog, name: str) -> None:
    qtbot.mouseClick(child(dialog, name), Qt.MouseButton.LeftButton)


def status(dialog: AdaptDialog) -> str:
    return str(dialog.findChild(QLabel, "adapt_status_label").text())


@pytest.mark.slow
def test_the_open_micrographs_make_weights_that_are_handed_over(qtbot: QtBot, dialog: AdaptDialog) -> None:
    with qtbot.waitSignal(dialog.adapted, timeout=60_000) as handed:
        click(qtbot, dialog, "adapt_button")
        assert not child(dialog, "adapt_button").isEnabled()
    path = handed.args[0]
    assert path.parent == models_folder().with_name("weights")
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert child(dialog, "adapt_button").isEnabled()


def test_stopping_keeps_what_was_learned(qtbot: QtBot, dialog: AdaptDialog) -> None:
    dialog._minutes.setValue(60)
    click(qtbot, dialog, "adapt_button")
    qtbot.waitUntil(lambda: dialog._progress.maximum() == 1000 and dialog._progress.value() > 0, timeout=60_000)
    with qtbot.waitSignal(dialog.adapted, timeout=60_000):
        click(qtbot, dialog, "adapt_stop_button")


def test_weights_that_nobody_asked_for_by_name_may_be_absent(
    qtbot: QtBot, dialog: AdaptDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("weight_loading", "zoo"):
        monkeypatch.setattr(f"napari_csunet.model.{module}.bundled_path", lambda: tmp_path / "absent.safetensors")
    dialog._config = lambda: TrainingConfig(patch_size=64, device="cpu", precision="float32")
    click(qtbot, dialog, "adapt_button")
    qtbot.waitUntil(lambda: dialog._progress.maximum() == 1000 and dialog._progress.value() > 0, timeout=60_000)
    with qtbot.waitSignal(dialog.adapted, timeout=60_000):
        click(qtbot, dialog, "adapt_stop_button")


def test_stopping_while_reading_says_that_nothing_was_learnt(qtbot: QtBot, dialog: AdaptDialog) -> None:
    click(qtbot, dialog, "adapt_button")
    click(qtbot, dialog, "adapt_stop_button")
    qtbot.waitUntil(lambda: status(dialog) == "Stopped. Nothing was learnt yet.", timeout=60_000)
    assert child(dialog, "adapt_button").isEnabled()


def test_a_download_is_shown_and_can_be_stopped(qtbot: QtBot, dialog: AdaptDialog, trickling_micronet: Path) -> None:
    dialog._config = lambda: TINY.model_copy(update={"encoder_weights": "micronet"})
    click(qtbot, dialog, "adapt_button")
    qtbot.waitUntil(lambda: status(dialog) == "Downloading the weights to start from…", timeout=60_000)
    click(qtbot, dialog, "adapt_stop_button")
    qtbot.waitUntil(lambda: status(dialog) == "Stopped. Nothing was learnt yet.", timeout=60_000)
    assert list(trickling_micronet.iterdir()) == []


def test_settings_that_contradict_are_one_sentence(qtbot: QtBot, dialog: AdaptDialog) -> None:
    dialog._config = lambda: TrainingConfig(scale_range=(2, 1))
    click(qtbot, dialog, "adapt_button")
    assert status(dialog) == "The settings do not fit together: the scale range must rise, within 0.1 to 10."
    assert not dialog.is_running


@pytest.mark.slow
def test_a_folder_takes_the_place_of_the_open_micrographs(qtbot: QtBot, dialog: AdaptDialog, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.random.default_rng(0).integers(0, 255, (80, 80), np.uint8))
    dialog.choose_folder(tmp_path)
    with qtbot.waitSignal(dialog.adapted, timeout=60_000) as handed:
        click(qtbot, dialog, "adapt_button")
    assert handed.args[0].name.startswith(tmp_path.name)


def test_a_folder_without_images_is_one_sentence(qtbot: QtBot, dialog: AdaptDialog, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    dialog.choose_folder(tmp_path / "empty")
    click(qtbot, dialog, "adapt_button")
    qtbot.waitUntil(lambda: "folder without images" in status(dialog), timeout=60_000)


def test_nothing_can_be_started_without_micrographs(qtbot: QtBot) -> None:
    dialog = AdaptDialog(list, lambda: TINY)
    qtbot.addWidget(dialog)
    assert not child(dialog, "adapt_button").isEnabled()
