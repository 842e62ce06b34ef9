"""Where the network runs: available devices, the default one, its precision, and what to try when memory runs out."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Literal

import torch

from napari_csunet.config import Precision
from napari_csunet.errors import DeviceError

SMALLEST_SIDE = 64


@dataclass(frozen=True)
class Device:
    """A device as torch names it, and as a person does: ``cuda:0``, "NVIDIA RTX A2000, 6 GB"."""

    name: str
    label: str


def available_devices() -> tuple[Device, ...]:
    """Every usable device, the best one first."""
    found = [Device(f"cuda:{i}", _cuda_label(i)) for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple graphics"))
    return (*found, Device("cpu", _cpu_label()))


def resolve_device(name: str) -> torch.device:
    """Torch device of a name; ``auto`` is the best one. Raises DeviceError if this machine has no such device."""
    devices = available_devices()
    if name == "auto":
        return torch.device(devices[0].name)
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in {device.name for device in devices}:
        present = ", ".join(device.name for device in devices)
        raise DeviceError(
            f"The device {name} is not available here. Available: {present}. Choose one of these, or auto."
        )
    return torch.device(wanted)


def device_label(device: torch.device) -> str:
    """What to call a device in a sentence."""
    return next((d.label for d in available_devices() if d.name == str(device)), str(device))


def resolve_precision(wanted: Precision, device: torch.device) -> Literal["float32", "bfloat16"]:
    """bfloat16 where the device computes with it, unless asked otherwise."""
    if wanted == "auto":
        return "bfloat16" if _computes_bfloat16(device) else "float32"
    return wanted


def _computes_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        features = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return bool(features.get("avx512_bf16"))  # without it bfloat16 is emulated and slower than float32
    return False


@dataclass(frozen=True)
class MemorySettings:
    """What decides how much memory a step takes: batch size, side of a patch or tile, precision and device."""

    batch_size: int
    side: int
    precision: Literal["float32", "bfloat16"]
    device: torch.device

    def smaller(self, what: str) -> tuple[MemorySettings, str]:
        """Next settings to try after memory ran out, and a sentence about it; ``what`` is "patch" or "tile".

        Smaller batch, then smaller side, then lower precision, then the CPU. Raises DeviceError when nothing is left.
        """
        ran_out = f"{device_label(self.device)} ran out of memory; going on with "
        if self.batch_size > 1:
            half = self.batch_size // 2
            return replace(
                self, batch_size=half
            ), f"{ran_out}{half} {what}{'es' if what == 'patch' else 's'} at a time."
        if self.side > SMALLEST_SIDE:
            side = max(SMALLEST_SIDE, self.side // 2 // 32 * 32)
            return replace(self, side=side), f"{ran_out}a {what} of {side} instead of {self.side} pixels."
        if self.device.type == "cuda" and self.precision == "float32":
            return replace(self, precision="bfloat16"), f"{ran_out}half the precision (bfloat16)."
        if self.device.type != "cpu":
            cpu = torch.device("cpu")
            return replace(self, device=cpu, precision=resolve_precision("auto", cpu)), f"{ran_out}the CPU."
        raise DeviceError(f"Memory ran out even at the smallest {what}. Close other programs, or use the preset small.")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device or the machine has no memory left."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    words = ("out of memory", "can't allocate memory", "not enough memory", "CUBLAS_STATUS_ALLOC_FAILED")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def release_memory(device: torch.device) -> None:
    """Gives cached memory back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _cuda_label(index: int) -> str:
    properties = torch.cuda.get_device_properties(index)
    return f"{properties.name}, {properties.total_memory / 2**30:.0f} GB"


def _cpu_label() -> str:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"CPU, {count} core{'s' if count > 1 else ''}"
