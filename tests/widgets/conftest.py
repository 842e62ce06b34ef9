"""A viewer with the panels docked, home in a temporary folder, and threads that end with the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from napari.components import ViewerModel
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_csunet import ClassTable, Micrograph, TrainingConfig
from napari_csunet.project.project import Project
from napari_csunet.reports import Prediction
from napari_csunet.widgets import project_autosave
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.fine_tune import FineTuneWidget
from napari_csunet.widgets.measure import MeasureWidget
from napari_csunet.widgets.predict import PredictWidget
from napari_csunet.widgets.project import ProjectWidget
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.result_layers import show_prediction

TINY = TrainingConfig(steps=2, patch_size=64, batch_size=1, device="cpu", precision="float32", encoder_weights="none")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")


@pytest.fixture
def viewer(make_napari_viewer: Callable[[], Viewer]) -> Viewer:
    return make_napari_viewer()


@pytest.fixture
def predict(viewer: Viewer) -> Iterator[PredictWidget]:
    widget = PredictWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Predict (napari-csunet)", area="right")
    yield widget
    assert widget.close_background(30)


@pytest.fixture
def measure(viewer: Viewer) -> Iterator[MeasureWidget]:
    widget = MeasureWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Measure (napari-csunet)", area="right")
    yield widget
    assert widget.close_background(30)


@pytest.fixture
def fine_tune(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FineTuneWidget]:
    monkeypatch.setattr("napari_csunet.widgets.warm_up.WARM_UP", ())
    widget = FineTuneWidget(viewer)
    widget.form.set_value(TINY)
    viewer.window.add_dock_widget(widget, name="Fine-tune (napari-csunet)", area="right")
    yield widget
    assert widget.close_background(30)


@pytest.fixture
def layer(viewer: Viewer, micrograph: Micrograph) -> Any:
    """The micrograph (64, 96) as a layer, 12.5 nm per pixel, moved away from the origin."""
    pixels = np.asarray(micrograph.pixels[0, ..., 0])
    return viewer.add_image(pixels, name="alloy", scale=(0.0125, 0.0125), units=("um", "um"), translate=(1, 2))


@pytest.fixture
def predicted(viewer: Viewer, layer: Any, mask: npt.NDArray[np.uint8], classes: ClassTable) -> Any:
    """The mask layer "alloy · mask" (64, 96) with four particles, one speck and 12.5 nm pixels."""
    speckled = mask.copy()
    speckled[60, 5:7] = 2
    show_prediction(viewer, layer, Prediction("alloy", speckled), classes)
    return viewer.layers["alloy · mask"]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of four micrographs (32, 48), "spot 0.tif" to "spot 3.tif"."""
    folder = tmp_path / "alloy"
    folder.mkdir()
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 60_000, (32, 48), np.uint16)
        tifffile.imwrite(folder / f"spot {number}.tif", pixels)
    return folder


@pytest.fixture
def model(qapp: object) -> ViewerModel:
    """A viewer without a window."""
    return ViewerModel()


@pytest.fixture
def saves_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is painted in a project is saved at once."""
    monkeypatch.setattr(project_autosave, "SAVE_MS", 50)
    monkeypatch.setattr(project_autosave, "RETRY_MS", 100)


@pytest.fixture
def session(saves_soon: None, model: ViewerModel, images: Path, classes: ClassTable) -> Iterator[ProjectSession]:
    """A project of these micrographs that is open in ``model``."""
    made = ProjectSession(model, Project.create(images, classes))
    yield made
    assert made.close(10)


@pytest.fixture
def show(qtbot: QtBot, model: ViewerModel) -> Callable[[ProjectSession, str], Any]:
    """Brings a micrograph of a project on screen and gives its labels."""

    def shown(session: ProjectSession, key: str) -> Any:
        with qtbot.waitSignal(session.shown, timeout=20_000, check_params_cb=lambda one: one == key):
            session.show(key)
        return model.layers[f"{key} · labels"]

    return shown


class Stubborn:
    """Work that does not end when it is asked to, until the test is over or an hour has passed."""

    def __init__(self) -> None:
        self._begun, self._released = threading.Semaphore(0), threading.Event()

    def __call__(self) -> Generator[None, None, None]:
        self._begun.release()
        self._released.wait(3600)
        yield None

    def start_in(self, *jobs: Background) -> None:
        """Returns when all of them are at it."""
        for job in jobs:
            job.start(self)
        assert all(self._begun.acquire(timeout=10) for _ in jobs)

    def release(self) -> None:
        self._released.set()


@pytest.fixture
def stubborn() -> Iterator[Stubborn]:
    work = Stubborn()
    yield work
    work.release()


@pytest.fixture
def child() -> Callable[[QWidget, str], Any]:
    """Finds a control by its objectName."""

    def find(widget: QWidget, name: str) -> Any:
        return next(one for one in widget.findChildren(QWidget) if one.objectName() == name)

    return find


@pytest.fixture
def panel(viewer: Viewer) -> Iterator[ProjectWidget]:
    """The docked panel Project."""
    widget = ProjectWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Project (napari-csunet)", area="right")
    yield widget
    assert widget.close_background(10)
