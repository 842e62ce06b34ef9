"""Coatings are layered, alloys are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.model.zoo import model_config
from napari_csunet.training.annotated import AnnotatedSet, annotate
from napari_csunet.training.orientation import is_layered
from napari_csunet.training.preparation import LAYERED_TOLD, with_layers_considered

CLASSES = ClassTable.parse("1=coating,2=oxide,3=substrate")
LAYERS = np.repeat([1, 2, 3], [60, 20, 48]).astype(np.uint8)[:, None].repeat(128, axis=1)


def layered(labels: npt.NDArray[np.uint8], prior: npt.NDArray[np.float16] | None = None) -> bool:
    micrograph = Micrograph.from_array(np.zeros(labels.shape, np.uint8), "a")
    annotated = annotate([micrograph], [labels], CLASSES, Normalisation())
    return is_layered([replace(one, prior=prior) for one in annotated], len(CLASSES))


@pytest.mark.parametrize("labels", [LAYERS, LAYERS.T], ids=["rows", "columns"])
def test_layers_are_found_whichever_way_they_lie(labels: npt.NDArray[np.uint8]) -> None:
    assert layered(labels)


def test_classes_that_are_scattered_are_no_layers() -> None:
    y, x = np.mgrid[:128, :128]
    assert not layered((1 + (y // 8 + x // 8) % 3).astype(np.uint8))


def test_one_large_particle_in_the_middle_is_no_layer() -> None:
    y, x = np.mgrid[:128, :128]
    assert not layered(np.where((y - 64) ** 2 + (x - 64) ** 2 < 1600, 2, 1).astype(np.uint8))


def test_strokes_say_nothing_about_layers_but_what_is_believed_of_the_rest_does() -> None:
    strokes = np.zeros_like(LAYERS)
    strokes[::8] = LAYERS[::8]
    assert not layered(strokes)
    prior = (0.9 * np.eye(3)[LAYERS - 1].transpose(2, 0, 1)).astype(np.float16)
    assert layered(strokes, prior)
    assert not layered(strokes, (prior / 2).astype(np.float16))


@pytest.mark.parametrize("turns", [None, True, False])
@pytest.mark.parametrize("branch", [None, True, False])
def test_layers_go_without_turns_and_fine_branch_unless_that_was_decided(
    turns: bool | None, branch: bool | None
) -> None:
    micrograph = Micrograph.from_array(np.zeros(LAYERS.shape, np.uint8), "a")
    annotated = AnnotatedSet(annotate([micrograph], [LAYERS], CLASSES, Normalisation()), [], CLASSES, "nothing")
    config = TrainingConfig(quarter_turns=turns, fine_branch=branch)
    settled, told = with_layers_considered(config, annotated)
    assert (settled.quarter_turns, settled.fine_branch) == (bool(turns), bool(branch))
    assert model_config(settled, 1, 3).fine_branch == bool(branch)
    assert (LAYERED_TOLD in told.notices) == (turns is None)
