"""One process, or several that torchrun has started: Fabric finds out, and these lines say what each is for."""

from __future__ import annotations

import os
from typing import Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy

from napari_csunet.device import MemorySettings


def rank() -> int:
    """Number of this process among all that torchrun has started; 0 without torchrun."""
    return int(os.environ.get("RANK", "0"))


def process_count() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_process_count() -> int:
    """How many of them run on this computer."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def launched_fabric(memory: MemorySettings) -> Fabric:
    """Fabric on the device and in the precision of the settings, joined to the other processes if there are any."""
    precision: Literal["bf16-mixed", "32-true"] = "bf16-mixed" if memory.precision == "bfloat16" else "32-true"
    kind = memory.device.type
    if process_count() == 1:
        devices = [memory.device.index or 0] if kind != "cpu" else 1
        return Fabric(accelerator=kind, devices=devices, precision=precision)
    local = local_process_count()
    # a step draws one objective, so that the heads of the others are without gradient
    together = DDPStrategy(find_unused_parameters=True, process_group_backend="gloo" if kind == "cpu" else "nccl")
    fabric = Fabric(
        accelerator=kind, devices=local, num_nodes=process_count() // local, strategy=together, precision=precision
    )
    fabric.launch()
    return fabric


def own_device(device: torch.device) -> torch.device:
    """Device of this process: on a machine with several graphics cards each process has its own."""
    if process_count() > 1 and device.type == "cuda":
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return device
