"""Devices by name, and the ladder that is climbed down when memory runs out."""

from __future__ import annotations

import pytest
import torch

from napari_csunet.device import MemorySettings, available_devices, is_out_of_memory, resolve_device, resolve_precision
from napari_csunet.errors import DeviceError

CPU = torch.device("cpu")


def test_the_cpu_is_always_there_and_says_how_many_cores_it_has() -> None:
    assert available_devices()[-1].name == "cpu"
    assert "core" in available_devices()[-1].label


def test_an_absent_device_is_named_with_those_that_are_there() -> None:
    with pytest.raises(DeviceError, match=r"cuda:99 .* Available: .*cpu"):
        resolve_device("cuda:99")


def test_auto_takes_the_best_device() -> None:
    assert str(resolve_device("auto")) == available_devices()[0].name


def test_a_precision_that_was_asked_for_is_kept() -> None:
    assert resolve_precision("bfloat16", CPU) == "bfloat16"


def test_the_ladder_takes_smaller_batches_then_smaller_patches_then_gives_up() -> None:
    settings, tried = MemorySettings(4, 256, "float32", CPU), []
    while (settings.batch_size, settings.side) != (1, 64):
        settings, sentence = settings.smaller("patch")
        tried.append((settings.batch_size, settings.side))
        assert "ran out of memory; going on with" in sentence
    assert tried == [(2, 256), (1, 256), (1, 128), (1, 64)]
    with pytest.raises(DeviceError, match="Close other programs"):
        settings.smaller("patch")


def test_a_graphics_card_falls_back_to_lower_precision_and_then_to_the_cpu() -> None:
    smallest = MemorySettings(1, 64, "float32", torch.device("cuda:0"))
    lower, _ = smallest.smaller("tile")
    cpu, sentence = lower.smaller("tile")
    assert (lower.precision, cpu.device.type) == ("bfloat16", "cpu")
    assert sentence.endswith("the CPU.")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (MemoryError(), True),
        (RuntimeError("shapes do not match"), False),
    ],
)
def test_only_real_memory_errors_are_taken_for_such(error: BaseException, expected: bool) -> None:
    assert is_out_of_memory(error) is expected
