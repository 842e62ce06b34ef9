"""Pictures for pretraining: what they promise whatever the dice show."""

import pytest
import torch
from torch import Tensor

from napari_csunet.errors import CSUNetError
from napari_csunet.training.synthesis import (
    CLASS_NAMES,
    CLASS_OFFSETS,
    IGNORED,
    TRAINING_FAMILIES,
    class_indices,
    synthesise_training,
)

every_family = pytest.mark.parametrize("family", TRAINING_FAMILIES)


def make(*families: str, count: int = 4, size: int | tuple[int, int] = 48, seed: int = 0) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    return synthesise_training(count, size, generator, of_a_kind=4, families=families or tuple(TRAINING_FAMILIES))


@every_family
def test_a_batch_has_the_promised_shapes_types_and_limits(family: str) -> None:
    images, masks, index = make(family, size=(40, 56))
    assert images.shape == (4, 1, 40, 56)
    assert masks.shape == (4, 40, 56)
    assert (images.dtype, masks.dtype, index.dtype) == (torch.float32, torch.int64, torch.int64)
    assert images.isfinite().all()
    assert 0 <= images.min() < images.max() <= 1
    assert masks.min() >= IGNORED
    assert masks.max() < len(TRAINING_FAMILIES[family].class_names)


@every_family
def test_every_class_turns_up(family: str) -> None:
    _, masks, _ = make(family, count=12, size=96)
    seen = masks.flatten().tolist()
    assert set(range(len(TRAINING_FAMILIES[family].class_names))) <= set(seen)


@every_family
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture(family: str) -> None:
    images, masks, _ = make(family, count=2)
    again, masks_again, _ = make(family, count=2)
    assert images.numpy().tobytes() == again.numpy().tobytes()
    assert torch.equal(masks, masks_again)
    assert not torch.equal(images, make(family, count=2, seed=1)[0])


def test_pictures_of_one_family_come_together_and_all_families_turn_up() -> None:
    index = make(count=160, size=16)[2]
    assert index.view(-1, 4).amin(1).tolist() == index.view(-1, 4).amax(1).tolist()
    assert len(set(index.tolist())) >= len(TRAINING_FAMILIES) - 2


def test_class_indices_name_family_and_phase_and_leave_what_is_ignored() -> None:
    names = list(TRAINING_FAMILIES)
    family = torch.tensor([names.index("grains"), names.index("twins")])
    indices = class_indices(torch.tensor([[[1, IGNORED]], [[2, 0]]]), family)
    assert CLASS_NAMES[indices[0, 0, 0]] == ("grains", "boundary")
    assert [CLASS_NAMES[i] for i in indices[1, 0]] == [("twins", "boundary"), ("twins", "grain")]
    assert indices[0, 0, 1] == IGNORED


def test_the_class_table_holds_every_phase_once() -> None:
    assert len(set(CLASS_NAMES)) == len(CLASS_NAMES)
    assert [CLASS_NAMES[start][0] for start in CLASS_OFFSETS] == list(TRAINING_FAMILIES)


def test_brightness_and_contrast_differ_widely() -> None:
    images, _, _ = make("bicontinuous", count=32, size=32)
    means, contrasts = images.mean((1, 2, 3)), images.std((1, 2, 3))
    assert means.amax() - means.amin() > 0.3
    assert contrasts.amax() > 5 * contrasts.amin()


def test_either_phase_can_be_the_brighter_one() -> None:
    images, masks, _ = make("particles", count=32)
    brighter = [
        bool(image[mask == 1].mean() > image[mask == 0].mean())
        for image, mask in zip(images[:, 0], masks, strict=True)
        if 0 < (mask == 1).sum() < mask.numel()
    ]
    assert 0.2 < sum(brighter) / len(brighter) < 0.9


def test_an_unknown_family_is_named_with_the_known_ones() -> None:
    with pytest.raises(CSUNetError, match=r"'wood'.*superalloy, particles"):
        make("wood")
