"""Pretraining on endless synthetic micrographs: the network learns to tell every phase of every family apart."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from napari_csunet.checkpoint import copied_state
from napari_csunet.config import PretrainingConfig, TrainingConfig
from napari_csunet.device import MemorySettings, device_label, resolve_device, resolve_precision
from napari_csunet.micrographs.replacing import check_writable, replacing
from napari_csunet.model.zoo import build_model, model_config
from napari_csunet.reports import TrainingReport
from napari_csunet.training.budget import Budget
from napari_csunet.training.losses import SegmentationLoss
from napari_csunet.training.optimisation import Optimisation
from napari_csunet.training.patches import Batch
from napari_csunet.training.synthesis import FAMILIES, synthesise

SAVES_IN_A_RUN = 20
HEAD = "network.head."


class SyntheticPatches:
    """Draws batches of one family after another; the classes of all families stand side by side."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._draw = torch.Generator().manual_seed(seed)
        counts = [len(family.class_names) for family in FAMILIES.values()]
        self.class_count = sum(counts)
        self._offsets = dict(zip(FAMILIES, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))

    def batch(self, batch_size: int, side: int) -> Batch:
        """Normalised pictures (b, 1, side, side) with exact classes."""
        family = str(self._random.choice(list(FAMILIES)))
        images, masks = synthesise(family, batch_size, side, self._draw)
        return Batch(_normalised(images), masks + self._offsets[family])


def pretrain(
    config: PretrainingConfig, *, out: Path | str, overwrite: bool = False
) -> Generator[TrainingReport, None, None]:
    """Trains a network on synthetic micrographs and writes its weights, without the last layer, to ``out``.

    The file is what ``encoder_weights`` takes as a path. Closing the generator stops the training; what was written
    last stays. Raises OutputError if ``out`` exists, unless ``overwrite``.
    """
    path = Path(out)
    check_writable(path, overwrite=overwrite)
    training = TrainingConfig(**config.model_dump())
    budget, patches = Budget(training), SyntheticPatches(config.seed)
    torch.manual_seed(config.seed)
    model = build_model(model_config(training, 1, patches.class_count), config.seed)
    device = resolve_device(config.device)
    memory = MemorySettings(config.batch_size, config.patch_size, resolve_precision(config.precision, device), device)
    loss_function = SegmentationLoss(np.ones(patches.class_count, np.int64))
    optimisation = Optimisation(model.to(device), patches, loss_function, training, memory)
    yield TrainingReport("started", 0, budget.progress(), message=f"Pretraining on {device_label(device)}.")
    saved = 0
    while not budget.is_spent:
        budget.start_step()
        loss, notice = optimisation.step(budget.share)
        budget.finish_step()
        if notice:
            yield TrainingReport("notice", budget.step, budget.progress(), message=notice)
        if budget.share * SAVES_IN_A_RUN >= saved + 1:
            saved = int(budget.share * SAVES_IN_A_RUN)
            _save(optimisation.averaged.module, path)
            optimisation.keep_as_good()
        yield TrainingReport("step", budget.step, budget.progress(), loss)
    _save(optimisation.averaged.module, path)
    yield TrainingReport("finished", budget.step, budget.progress(), message=f"Weights: {path}", checkpoint=path)


def _normalised(images: Tensor) -> Tensor:
    mean, spread = images.mean(dim=(2, 3), keepdim=True), images.std(dim=(2, 3), keepdim=True)
    return (images - mean) / spread.clamp_min(1e-6)


def _save(model: torch.nn.Module, path: Path) -> None:
    """Writes all tensors but those of the last layer, in half precision."""
    from safetensors.torch import save

    state = {name: tensor for name, tensor in copied_state(model).items() if not name.startswith(HEAD)}
    halved = {n: t.half().contiguous() if t.is_floating_point() else t for n, t in state.items()}
    with replacing(path, overwrite=True) as temporary:
        temporary.write_bytes(save(halved))
