"""Objectives: what they draw, and that a network can learn from each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from napari_csunet.config import PretrainingConfig
from napari_csunet.errors import MicrographError
from napari_csunet.training.pretraining import (
    ClassFolders,
    Classification,
    Labelled,
    SelfSupervised,
    Synthetic,
    read_labelled_pool,
    read_pool,
)
from napari_csunet.training.pretraining.description import CHANNELS, description
from napari_csunet.training.pretraining.network import starting_network
from napari_csunet.training.pretraining.objective import Objective
from napari_csunet.training.pretraining.phase_head import PhaseHead
from napari_csunet.training.pretraining.step_random import StepRandom
from napari_csunet.training.synthesis import TRAINING_FAMILIES


def step_random(step: int = 0) -> StepRandom:
    return StepRandom.of(0, 0, step, torch.device("cpu"))


@pytest.fixture
def class_folders(tmp_path: Path) -> Path:
    """Folder of the classes "bright" and "dark", four PNG files each."""
    for name, level in (("bright", 200), ("dark", 60)):
        (tmp_path / "classes" / name).mkdir(parents=True)
        for i in range(4):
            pixels = np.random.default_rng(i).normal(level, 20, (64, 64)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "classes" / name / f"{i}.png")
    return tmp_path / "classes"


@pytest.fixture(params=["synthetic", "self-supervised", "labelled", "classify"])
def objective(request: pytest.FixtureRequest, pictures: Path, class_folders: Path) -> Objective:
    if request.param == "synthetic":
        return Synthetic()
    if request.param == "self-supervised":
        return SelfSupervised(read_pool([pictures]))
    if request.param == "labelled":
        return Labelled([read_labelled_pool([pictures], [pictures.parent / "masks"])])
    return Classification(ClassFolders.read(class_folders), frozenset({"cnn"}))


@pytest.mark.usefixtures("small_network")
def test_each_objective_reaches_every_part_that_it_trains(objective: Objective, quick: PretrainingConfig) -> None:
    network = starting_network(quick, [objective])[0]
    loss = network(objective.name, objective.draw(2, 64, step_random()))
    loss.backward()
    reached = {
        name.split(".")[1].removesuffix("_encoder")
        for name, parameter in network.named_parameters()
        if name.startswith("network.") and parameter.grad is not None and parameter.grad.abs().sum() > 0
    }
    assert torch.isfinite(loss)
    assert reached == objective.parts


def test_the_same_step_draws_the_same_batch(objective: Objective) -> None:
    first, second, other = (objective.draw(2, 64, step_random(step)) for step in (1, 1, 2))
    assert torch.equal(first.images, second.images)
    assert not torch.equal(first.images, other.images)


def test_about_half_of_a_micrograph_is_hidden(pictures: Path) -> None:
    batch = SelfSupervised(read_pool([pictures])).draw(16, 64, step_random())
    hidden = batch.targets["hidden"]
    assert 0.4 < float(hidden.float().mean()) < 0.6
    assert float((batch.images - batch.clean)[hidden].abs().mean()) > 0.5


def test_the_description_does_not_depend_on_contrast_where_it_is_about_shape() -> None:
    image = torch.zeros(1, 1, 64, 64)
    image[..., 32:] = 2
    strong, weak = description(image), description(image / 2)
    assert strong.shape == (1, CHANNELS, 64, 64)
    assert torch.allclose(strong[:, -8:], weak[:, -8:], atol=0.1)
    assert int(strong[0, -8:, 32, 32].argmax()) == 0  # brighter to the right


def test_a_picture_never_gets_a_class_of_another_set() -> None:
    head = PhaseHead(8, [2, 5])
    logits = head.logits(torch.randn(2, 8, 4, 4), torch.tensor([0, 1]))
    assert logits.shape == (2, 5, 4, 4)
    assert (logits[0].argmax(0) < 2).all()
    assert (logits[0, 2:] < -1000).all()


def test_synthetic_batches_mix_families_and_keep_to_their_classes() -> None:
    batch = Synthetic().draw(8, 64, step_random())
    families, counts = batch.targets["families"], [len(one.class_names) for one in TRAINING_FAMILIES.values()]
    assert len(set(families.tolist())) > 1
    assert all(int(m.max()) < counts[int(f)] for m, f in zip(batch.targets["masks"], families, strict=True))


def test_a_class_with_one_image_is_refused_by_name(class_folders: Path) -> None:
    for i in range(3):
        (class_folders / "dark" / f"{i}.png").unlink()
    with pytest.raises(MicrographError, match="The class dark has one image"):
        ClassFolders.read(class_folders)


def test_a_folder_without_class_folders_is_refused(pictures: Path) -> None:
    with pytest.raises(MicrographError, match="holds 0 folders"):
        ClassFolders.read(pictures)
