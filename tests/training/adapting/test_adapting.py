"""Adapting to unlabelled micrographs: what is looked at, what is kept, and what keeps it from running away."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_csunet.checkpoint import Checkpoint, Provenance, array_sha256, copied_state, load_checkpoint
from napari_csunet.classes import UNLABELLED, ClassTable
from napari_csunet.config import AdaptingConfig, ModelConfig, TrainingConfig
from napari_csunet.errors import MicrographError, OutputError
from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.model.zoo import build_model
from napari_csunet.training.adapting import adapt
from napari_csunet.training.adapting.agreement import agreement_of
from napari_csunet.training.adapting.looking import Onlooker
from napari_csunet.training.adapting.targets import MOST_SIDE, MOST_SLICES, targets
from napari_csunet.training.adapting.unlabelled_patches import SharesKept, UnlabelledPatches

CLASSES = ClassTable.parse("1=matrix,2=particle")
TINY = ModelConfig(architecture="swin-unet", embedding=8, heads=(1, 2, 2, 4), window=4)
TRAINED = Provenance(model=TINY, classes=CLASSES, training=TrainingConfig(patch_size=64), metrics={"mean_iou": 0.9})
QUICK = AdaptingConfig(steps=2, device="cpu", least_agreement=0.0)


@pytest.fixture
def original(tmp_path: Path) -> Checkpoint:
    """A network that has learnt nothing, in a file."""
    torch.manual_seed(0)
    state = copied_state(build_model(TINY))
    return load_checkpoint(Checkpoint(TRAINED, state).save(tmp_path / "alloy.csunet.safetensors"))


def run(original: Checkpoint, micrograph: Any, out: Path, config: AdaptingConfig = QUICK) -> Any:
    *_, last = adapt(original, [micrograph], config, out=out)
    return last


def answer(*classes: int) -> Any:
    """Sure answer (2, 1, pixels) of these classes."""
    return np.eye(2, dtype=np.float16)[list(classes)].T[:, None]


def test_an_adapted_checkpoint_is_another_one_that_says_what_it_was_adapted_to(
    original: Checkpoint, micrograph: Micrograph, tmp_path: Path
) -> None:
    assert original.path is not None
    before = original.path.read_bytes()
    last = run(original, micrograph, tmp_path / "adapted.safetensors")
    adapted = load_checkpoint(last.checkpoint)
    told = adapted.provenance.metrics["adaptation"]
    names = [one["name"] for one in told["micrographs"]]
    assert (told["checkpoint"], names, told["steps"]) == (original.path.name, ["particles"], 2)
    assert "mean_iou" not in adapted.provenance.metrics
    assert any(not torch.equal(original.state[name], adapted.state[name]) for name in adapted.state)
    assert original.path.read_bytes() == before


def test_closing_leaves_nothing_behind(original: Checkpoint, micrograph: Micrograph, tmp_path: Path) -> None:
    reports = adapt(original, [micrograph], QUICK, out=tmp_path / "adapted.safetensors")
    while next(reports).kind != "step":
        pass
    reports.close()
    assert [path.name for path in tmp_path.iterdir()] == ["alloy.csunet.safetensors"]


def test_a_network_that_no_longer_agrees_with_the_original_is_not_kept_and_that_is_said(
    original: Checkpoint, micrograph: Micrograph, tmp_path: Path
) -> None:
    config = QUICK.model_copy(update={"steps": 6, "learning_rate": 0.5, "least_agreement": 1.0})
    last = run(original, micrograph, tmp_path / "adapted.safetensors", config)
    assert (last.kind, last.checkpoint) == ("finished", None)
    assert "The original is used" in last.message
    assert not (tmp_path / "adapted.safetensors").exists()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_result(original: Checkpoint, micrograph: Micrograph, tmp_path: Path) -> None:
    states = [load_checkpoint(run(original, micrograph, tmp_path / name).checkpoint).state for name in "ab"]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_nothing_is_overwritten_and_nothing_to_adapt_to_is_told(original: Checkpoint, micrograph: Micrograph) -> None:
    assert original.path is not None
    with pytest.raises(OutputError, match="exists already"):
        run(original, micrograph, original.path)
    with pytest.raises(MicrographError, match="no micrograph to adapt to"):
        next(adapt(original, [], out=original.path.with_name("b")))


def test_pictures_are_those_that_the_network_sees_without_databar() -> None:
    pixels = np.arange(96 * 64, dtype=np.uint16).reshape(96, 64)
    micrograph = replace(Micrograph.from_array(pixels), acquisition=Acquisition(databar_height=16))
    (target,) = targets([micrograph], TRAINED.model_copy(update={"reduction": 4}), seed=0)
    assert target.picture.size == (20, 16)
    assert target.picture.crop(0, slice(None), slice(None)).max() <= pixels[:80].max()


def test_of_many_and_large_micrographs_some_parts_are_looked_at() -> None:
    stack = Micrograph.from_array(np.broadcast_to(np.uint8(7), (50, 8, MOST_SIDE + 100)))
    found = targets([stack], TRAINED, seed=0)
    assert [one.picture.size for one in found] == [(8, MOST_SIDE)] * MOST_SLICES


def test_what_was_looked_at_can_be_found_again_in_the_micrograph() -> None:
    pixels = np.random.default_rng(0).integers(0, 9, (3, 80, 96, 1), np.uint16)
    trained = TRAINED.model_copy(update={"reduction": 2})
    told = [target.middle(16).description() for target in targets([Micrograph("alloy", pixels)], trained, seed=0)]
    assert sorted(one["slice"] for one in told) == [0, 1, 2]
    assert (told[0]["name"], told[0]["rows"], told[0]["columns"]) == ("alloy", [24, 56], [32, 64])
    assert all(one["sha256"] == array_sha256(pixels[one["slice"], 24:56, 32:64]) for one in told)


def looked_at(original: Checkpoint, picture: Micrograph, seconds: float) -> list[tuple[int, int]]:
    """Sizes of what an onlooker gives answers of."""
    looking = Onlooker(original, QUICK, views=False).looks(targets([picture] * 2, TRAINED, seed=0), seconds)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            parts, found = end.value
            assert [part.picture.size for part in parts] == [answer.shape[1:] for answer in found]
            return [part.picture.size for part in parts]


def test_where_looking_takes_too_long_it_is_done_at_a_small_part(original: Checkpoint) -> None:
    picture = Micrograph.from_array(np.broadcast_to(np.uint8(7), (300, 400)))
    assert looked_at(original, picture, seconds=0) == [(256, 256)]
    assert looked_at(original, picture, seconds=math.inf) == [(300, 400)] * 2


def test_a_time_for_hardly_any_steps_leaves_the_original_and_says_so(
    original: Checkpoint, micrograph: Micrograph, tmp_path: Path
) -> None:
    config = AdaptingConfig(minutes=1e-4, device="cpu", least_agreement=0.0)
    last = run(original, micrograph, tmp_path / "adapted.safetensors", config)
    assert (last.kind, last.checkpoint) == ("finished", None)
    assert last.message.startswith("There was too little time to adapt: 0 steps")
    assert not (tmp_path / "adapted.safetensors").exists()


def test_patches_have_no_labels_but_what_the_network_said(micrograph: Micrograph, mask: Any) -> None:
    said = np.stack([mask == 1, mask == 2]).astype(np.float16)
    patches = UnlabelledPatches([micrograph], [said], TRAINED, TRAINED.training)
    batch = patches.batch(2, 64)
    assert (batch.targets == UNLABELLED).all()
    assert batch.prior is not None
    torch.testing.assert_close(batch.prior.mean(dim=(0, 2, 3)), patches.shares)


def test_one_class_everywhere_costs_more_than_the_shares_that_were_seen_at_first(
    micrograph: Micrograph, mask: Any
) -> None:
    patches = UnlabelledPatches([micrograph], [np.stack([mask == 1, mask == 2])], TRAINED, TRAINED.training)
    patches.shares = torch.tensor([0.5, 0.5])
    nothing = torch.full((1, 8, 8), UNLABELLED)
    one_class = torch.zeros(1, 2, 8, 8)
    one_class[:, 0] = 5
    halves = one_class.clone()
    halves[..., 4:] = halves[..., 4:].flip(1)
    loss = SharesKept(patches)
    assert loss(halves, nothing) < 1e-4
    assert loss(one_class, nothing) > 1


def test_agreement_is_the_share_of_equal_pixels_and_names_a_class_that_is_gone() -> None:
    same = agreement_of([answer(0, 0, 1, 1)], [answer(0, 0, 1, 0)], CLASSES)
    assert (same.share, same.lost) == (0.75, ())
    gone = agreement_of([answer(0, 0, 0, 1)], [answer(0, 0, 0, 0)], CLASSES)
    assert not gone.holds(0.5)
    assert "particle nearly vanished" in str(gone)
