"""What the *Guide* of the Fine-tune panel says, and how it sees that a step is done."""

from __future__ import annotations

from napari.viewer import Viewer
from qtpy.QtWidgets import QPushButton, QWidget

from napari_csunet.widgets.docking import docked
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.guide import Step
from napari_csunet.widgets.layers import micrograph_layers, role_of

OPEN = "Open your micrographs, or the sample: four synthetic micrographs of a superalloy, two of them with strokes."
PAINT = (
    "Click a class in the table, then paint some strokes of it on the picture. Paint at least two classes, the ground "
    "too; a few short strokes in different places are better than one long one."
)
TRAIN = (
    "Click Fine-tune. The overlay shows what the network has learnt so far; go on painting, or stop when you like it."
)
PREDICT = "Click the button below to predict. Each micrograph gets a mask, and its area fractions stand in the panel."
CORRECT = (
    "Look where the mask is wrong. Correct it with strokes and click Continue in Fine-tune, or export: masks as TIFF, "
    "numbers as a table. The panel Measure gives sizes and spacings."
)


def steps(owner: QWidget, viewer: Viewer, panel: FineTuneLayout) -> tuple[Step, ...]:
    """The five steps; ``owner`` is the Fine-tune panel."""
    sample = panel.empty.findChild(QPushButton, "open_sample_button")
    return (
        Step("Open", OPEN, lambda: sample, lambda: bool(micrograph_layers(viewer))),
        Step("Paint", PAINT, lambda: panel.classes, lambda: _is_painted(panel)),
        Step("Fine-tune", TRAIN, lambda: panel.start, lambda: not panel.next.isHidden()),
        Step("Predict", PREDICT, lambda: panel.next, lambda: _has_mask(viewer)),
        Step("Check and export", CORRECT, lambda: _export_button(owner), lambda: True),
    )


def _is_painted(panel: FineTuneLayout) -> bool:
    return panel.start.isEnabled() or not panel.next.isHidden() or not panel.progress.isHidden()


def _has_mask(viewer: Viewer) -> bool:
    return any(role_of(layer) == "mask" for layer in viewer.layers)


def _export_button(owner: QWidget) -> QWidget | None:
    from napari_csunet.widgets.predict import PredictWidget

    predict = docked(owner, PredictWidget)
    return None if predict is None else predict.findChild(QPushButton, "export_button")
