"""Coatings are layered, alloys are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable
from napari_csunet.config import Layers, TrainingConfig
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.model.zoo import model_config
from napari_csunet.training.annotated import AnnotatedSet, annotate
from napari_csunet.training.augmentation import Augmentation
from napari_csunet.training.orientation import layers_of, spanning_reduction
from napari_csunet.training.patches import PatchSampler
from napari_csunet.training.preparation import FEW_SLICES, LAYERED_TOLD, SPANNED_TOLD, prepare, with_layers_considered

CLASSES = ClassTable.parse("1=coating,2=oxide,3=substrate")
LAYERS = np.repeat([1, 2, 3], [60, 20, 48]).astype(np.uint8)[:, None].repeat(128, axis=1)


def layers(labels: npt.NDArray[np.uint8], prior: npt.NDArray[np.float16] | None = None) -> str:
    micrograph = Micrograph.from_array(np.zeros(labels.shape, np.uint8), "a")
    annotated = annotate([micrograph], [labels], CLASSES, Normalisation())
    return layers_of([replace(one, prior=prior) for one in annotated], len(CLASSES))


def test_layers_are_found_whichever_way_they_lie() -> None:
    assert (layers(LAYERS), layers(LAYERS.T)) == ("rows", "columns")


def test_classes_that_are_scattered_are_no_layers() -> None:
    y, x = np.mgrid[:128, :128]
    assert layers((1 + (y // 8 + x // 8) % 3).astype(np.uint8)) == "none"


def test_one_large_particle_in_the_middle_is_no_layer() -> None:
    y, x = np.mgrid[:128, :128]
    assert layers(np.where((y - 64) ** 2 + (x - 64) ** 2 < 1600, 2, 1).astype(np.uint8)) == "none"


def test_strokes_say_nothing_about_layers_but_what_is_believed_of_the_rest_does() -> None:
    strokes = np.zeros_like(LAYERS)
    strokes[::8] = LAYERS[::8]
    assert layers(strokes) == "none"
    prior = (0.9 * np.eye(3)[LAYERS - 1].transpose(2, 0, 1)).astype(np.float16)
    assert layers(strokes, prior) == "rows"
    assert layers(strokes, (prior / 2).astype(np.float16)) == "none"


@pytest.mark.parametrize("turns", [None, True, False])
@pytest.mark.parametrize("branch", [None, True, False])
def test_layers_go_without_turns_and_fine_branch_unless_that_was_decided(
    turns: bool | None, branch: bool | None
) -> None:
    micrograph = Micrograph.from_array(np.zeros(LAYERS.shape, np.uint8), "a")
    annotated = AnnotatedSet(annotate([micrograph], [LAYERS], CLASSES, Normalisation()), [], CLASSES, "nothing")
    config = TrainingConfig(quarter_turns=turns, fine_branch=branch)
    settled, told = with_layers_considered(config, annotated)
    assert settled.quarter_turns == bool(turns)
    assert model_config(settled, 1, 3).fine_branch == (bool(turns) if branch is None else branch)
    assert (settled.layers, any(LAYERED_TOLD in notice for notice in told.notices)) == (
        "none" if turns else "rows",
        not turns,
    )


def test_what_was_decided_about_layers_is_not_sought() -> None:
    micrograph = Micrograph.from_array(np.zeros(LAYERS.shape, np.uint8), "a")
    annotated = AnnotatedSet(annotate([micrograph], [LAYERS], CLASSES, Normalisation()), [], CLASSES, "nothing")
    settled, told = with_layers_considered(TrainingConfig(layers="none", patch_size=64), annotated)
    assert (settled.layers, settled.quarter_turns, settled.patch_size, told.notices) == ("none", True, 64, ())


@pytest.mark.parametrize("found", ["rows", "columns"])
def test_patches_of_layers_keep_their_order_and_differ_in_thickness(found: Layers) -> None:
    labels = LAYERS if found == "rows" else LAYERS.T
    config = TrainingConfig(layers=found, quarter_turns=False, scale_range=(1.0, 1.0))
    micrograph = Micrograph.from_array(np.zeros(labels.shape, np.uint8), "a")
    sampler = PatchSampler(annotate([micrograph], [labels], CLASSES, Normalisation()), 1, 3, config)
    targets = Augmentation(config).turned(sampler.batch(20, 96)).targets
    across = targets.numpy() if found == "rows" else targets.numpy().transpose(0, 2, 1)
    lines = [line[line >= 0] for line in across[:, :, 0]]
    assert all((np.diff(line) >= 0).all() for line in lines)
    assert len({np.count_nonzero(line == 1) for line in lines if {0, 1, 2} <= set(line.tolist())}) > 3


def test_many_pictures_of_layers_are_learnt_in_larger_patches() -> None:
    micrograph = Micrograph.from_array(np.zeros(LAYERS.shape, np.uint8), "a")

    def side(count: int) -> int | None:
        some = annotate([micrograph] * count, [LAYERS] * count, CLASSES, Normalisation())
        return with_layers_considered(TrainingConfig(), AnnotatedSet(some, [], CLASSES, "nothing"))[0].patch_size

    assert (side(FEW_SLICES), side(FEW_SLICES + 1)) == (192, 256)


def spanning(size: tuple[int, int], layers: Layers) -> int:
    indices = np.ones(size, np.uint8)
    annotated = annotate([Micrograph.from_array(indices, "a")], [indices], CLASSES, Normalisation())
    return spanning_reduction(annotated, layers, 192)


def test_patches_span_all_layers_along_the_axis_on_which_they_follow_each_other() -> None:
    assert [spanning((768, 1024), layers) for layers in ("rows", "columns", "none")] == [4, 6, 1]
    assert spanning((150, 150), "rows") == 1


def told_of(side: int, oxide: int) -> tuple[str, ...]:
    """What is said of the scale and the layers of a coating (side, side) whose oxide is so many pixels thick."""
    half = side // 2
    labels = np.repeat([1, 2, 3], [half, oxide, side - half - oxide]).astype(np.uint8)[:, None].repeat(side, axis=1)
    micrograph = Micrograph.from_array(np.random.default_rng(0).normal(labels, 0.1), "a")
    config = TrainingConfig()
    search = prepare([micrograph], [labels], CLASSES, config, Normalisation())
    while True:
        try:
            next(search)
        except StopIteration as end:
            return with_layers_considered(config, end.value)[1].notices


def test_layers_are_seen_as_a_whole_if_none_of_them_gets_lost_by_it() -> None:
    scale, layers = told_of(768, 60)
    assert "1/4" in scale
    assert SPANNED_TOLD in layers


def test_a_layer_too_thin_for_that_is_seen_at_a_finer_scale_and_no_more_is_promised() -> None:
    *_, layers = told_of(768, 1)
    assert LAYERED_TOLD in layers
    assert SPANNED_TOLD not in layers
