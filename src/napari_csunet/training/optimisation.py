"""One network being trained: steps, averaged weights, and what happens when memory runs out or the loss diverges."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from statistics import median
from typing import Protocol

from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.swa_utils import AveragedModel

from napari_csunet.config import TrainingConfig
from napari_csunet.device import MemorySettings, is_out_of_memory, release_memory
from napari_csunet.errors import CSUNetError
from napari_csunet.training.affinity import Affinity
from napari_csunet.training.augmentation import Augmentation
from napari_csunet.training.averaging import average_into
from napari_csunet.training.budget import one_cycle
from napari_csunet.training.losses import SegmentationLoss
from napari_csunet.training.patches import Batch
from napari_csunet.training.teacher import MeanTeacher, taught_loss, weight_at

GRADIENT_LIMIT = 1.0
LOSSES_REMEMBERED = 50
DIVERGED_TIMES = 10.0
MOST_ROLLBACKS = 5


class DrawsBatches(Protocol):
    """Where patches come from: labelled micrographs, or synthetic ones."""

    def batch(self, batch_size: int, side: int) -> Batch: ...


class Optimisation:
    """Steps of AdamW on a network; ``averaged`` holds the exponential moving average that is validated and kept."""

    def __init__(
        self,
        model: nn.Module,
        sampler: DrawsBatches,
        loss: SegmentationLoss,
        config: TrainingConfig,
        memory: MemorySettings,
    ) -> None:
        self.memory = memory
        self._raw_model = model
        self._sampler = sampler
        self._augmentation = Augmentation(config)
        self._loss = loss
        self._affinity = Affinity(config.seed)
        self._config = config
        self._peak = config.learning_rate
        self._losses: deque[float] = deque(maxlen=LOSSES_REMEMBERED)
        self._rollbacks = 0
        self._updates = 0
        self.averaged = AveragedModel(model, multi_avg_fn=self._average, use_buffers=True).eval()
        self._teacher = MeanTeacher(self.averaged, config.seed)
        self.keep_as_good()
        self._set_up()

    def step(self, share: float) -> tuple[float, str]:
        """One step at a share of the training; returns the loss and, if something had to change, a sentence."""
        try:
            loss = self._forward_and_backward(share)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return math.nan, self._with_less_memory()
        if self._has_diverged(loss) or not math.isfinite(self._clipped_gradient()):
            return loss, self._rolled_back()
        self._losses.append(loss)
        self._update(share)
        return loss, ""

    def keep_as_good(self) -> None:
        """Remembers the present state as the one to return to if the loss diverges."""
        self._good_state = deepcopy((self._raw_model.state_dict(), self.averaged.state_dict()))

    def _set_up(self) -> None:
        """Network, averaged network and loss on the device of the memory settings, with a new optimiser."""
        device, precision = self.memory.device, self.memory.precision
        self._fabric = Fabric(
            accelerator=device.type,
            devices=[device.index or 0] if device.type != "cpu" else 1,
            precision="bf16-mixed" if precision == "bfloat16" else "32-true",
        )
        optimiser = AdamW(
            self._raw_model.parameters(), lr=self._peak, weight_decay=self._config.weight_decay, fused=True
        )
        self._model, self._optimiser = self._fabric.setup(self._raw_model.train(), optimiser)
        self.averaged.to(device)
        self._loss.to(device)

    def _forward_and_backward(self, share: float) -> float:
        batch = self._augmentation.turned(self._sampler.batch(self.memory.batch_size, self.memory.side))
        images = self._augmentation.rendered(batch.images).to(self.memory.device)
        logits = self._model(images).float()
        targets = batch.targets.to(self.memory.device)
        loss: Tensor = self._loss(logits, targets)
        loss = loss + self._unlabelled_loss(logits, images, batch, targets, share)
        self._optimiser.zero_grad()
        self._fabric.backward(loss)
        return float(loss.detach())

    def _unlabelled_loss(self, logits: Tensor, images: Tensor, batch: Batch, targets: Tensor, share: float) -> Tensor:
        """What the unlabelled pixels say: alike neighbours agree, and first the prior, then the teacher is believed.

        In layers, whose place tells their class, the teacher's moved view misleads: there the prior keeps its weight.
        """
        total = logits.new_zeros(())
        if self._config.affinity:
            total = self._config.affinity * self._affinity.loss(logits, images, targets)
        is_layered = batch.prior is not None and not self._config.quarter_turns
        weight, handed_over = self._config.teaching, 0.0 if is_layered else weight_at(share)
        if batch.prior is not None:
            total = total + weight * (1 - handed_over) * taught_loss(logits, batch.prior.to(logits.device), targets)
        if weight * handed_over:
            with self._fabric.autocast():
                taught = self._teacher.loss(logits, batch.images.to(logits.device), targets)
            total = total + weight * handed_over * taught
        return total

    def _clipped_gradient(self) -> float:
        """Length of the gradient before it was clipped."""
        length = self._fabric.clip_gradients(
            self._model, self._optimiser, max_norm=GRADIENT_LIMIT, error_if_nonfinite=False
        )
        return float(length) if length is not None else 0.0

    def _update(self, share: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = one_cycle(share, self._peak)
        self._optimiser.step()
        self._updates += 1
        self.averaged.update_parameters(self._raw_model)

    def _average(self, averaged: Sequence[Tensor], present: Sequence[Tensor], _: int | Tensor) -> None:
        average_into(averaged, present, self._config.averaging, self._updates)

    def _has_diverged(self, loss: float) -> bool:
        usual = median(self._losses) if len(self._losses) >= LOSSES_REMEMBERED // 2 else math.inf
        return not math.isfinite(loss) or loss > DIVERGED_TIMES * usual

    def _rolled_back(self) -> str:
        self._rollbacks += 1
        if self._rollbacks > MOST_ROLLBACKS:
            raise CSUNetError("Training keeps diverging. Check the labels, or choose a lower learning rate under more.")
        self._peak /= 2
        raw, averaged = self._good_state
        self._raw_model.load_state_dict(raw)
        self.averaged.load_state_dict(averaged)
        self._losses.clear()
        self._set_up()
        return f"The loss diverged; going back to the last good state with a learning rate of {self._peak:.1e}."

    def _with_less_memory(self) -> str:
        self._optimiser.zero_grad()
        self.memory, sentence = self.memory.smaller("patch")
        release_memory(self.memory.device)
        self._raw_model.to(self.memory.device)
        self._set_up()
        return sentence
