"""One network being pretrained: steps, averaged weights, several processes, and what happens when memory runs out."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.optim import AdamW
from torch.optim.swa_utils import AveragedModel

from napari_csunet.config import PretrainingConfig
from napari_csunet.device import MemorySettings, is_out_of_memory, release_memory
from napari_csunet.errors import CSUNetError, DeviceError
from napari_csunet.training.averaging import average_into
from napari_csunet.training.budget import one_cycle
from napari_csunet.training.pretraining.network import PretrainingNetwork
from napari_csunet.training.pretraining.processes import launched_fabric, process_count, rank
from napari_csunet.training.pretraining.recipe import Recipe
from napari_csunet.training.pretraining.step_random import StepRandom

GRADIENT_LIMIT = 1.0
MOST_BAD_STEPS = 20

T = TypeVar("T")


class Trainer:
    """Steps of AdamW; ``averaged`` holds the exponential moving average, which is what gets written."""

    def __init__(
        self, network: PretrainingNetwork, recipe: Recipe, config: PretrainingConfig, memory: MemorySettings
    ) -> None:
        self.memory = memory
        self.images = 0
        self.drawing_s = 0.0
        self._network = network
        self._recipe = recipe
        self._config = config
        self._updates = 0
        self._bad_steps = 0
        self.averaged = AveragedModel(network, multi_avg_fn=self._average, use_buffers=True).eval()
        self._set_up()

    def step(self, step: int, share: float) -> tuple[float, str]:
        """Step number ``step`` at a share of the training; the loss and, if something changed, a sentence."""
        try:
            loss = self._forward_and_backward(step)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return math.nan, self._with_less_memory()
        length = self._fabric.clip_gradients(
            self._model, self._optimiser, max_norm=GRADIENT_LIMIT, error_if_nonfinite=False
        )
        if length is None or not math.isfinite(float(length)):
            return loss, self._left_out()
        self._update(share)
        return loss, ""

    def agreed(self, value: T) -> T:
        """The first process's value, in all processes: clocks and files differ, what is trained may not."""
        return self._fabric.broadcast(value) if process_count() > 1 else value

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on, in tensors and plain values."""
        return {
            "network": self._network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "counters": {"updates": self._updates, "images": self.images, "drawing_s": self.drawing_s},
            "memory": {"batch_size": self.memory.batch_size, "side": self.memory.side},
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        self._network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._updates = state["counters"]["updates"]
        self.images = state["counters"]["images"]
        self.drawing_s = state["counters"]["drawing_s"]

    def _set_up(self) -> None:
        self._fabric = launched_fabric(self.memory)
        optimiser = AdamW(
            self._network.parameters(),
            lr=self._config.learning_rate,
            weight_decay=self._config.weight_decay,
            betas=(0.9, 0.98),
            fused=self.memory.device.type != "mps",
        )
        self._network.to(self.memory.device)
        self._model, self._optimiser = self._fabric.setup(self._network.train(), optimiser)
        self.averaged.to(self.memory.device)

    def _forward_and_backward(self, step: int) -> float:
        start = time.perf_counter()
        random = StepRandom.of(self._config.seed, rank(), step, self.memory.device)
        objective = self._recipe.chosen(self._config.seed, step)
        batch = objective.draw(self.memory.batch_size, self.memory.side, random)
        self.drawing_s += time.perf_counter() - start
        torch.manual_seed(int(random.numbers.integers(2**62)))  # for networks that drop something at random
        loss: Tensor = self._model(objective.name, batch)
        self._optimiser.zero_grad()
        self._fabric.backward(loss)
        self.images += len(batch.images) * process_count()
        return float(loss.detach())

    def _update(self, share: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = one_cycle(share, self._config.learning_rate)
        self._optimiser.step()
        self._updates += 1
        self._bad_steps = 0
        self.averaged.update_parameters(self._network)

    def _average(self, averaged: Sequence[Tensor], present: Sequence[Tensor], _: int | Tensor) -> None:
        average_into(averaged, present, self._config.averaging, self._updates)

    def _left_out(self) -> str:
        self._optimiser.zero_grad()
        self._bad_steps += 1
        if self._bad_steps > MOST_BAD_STEPS:
            raise CSUNetError(
                f"Pretraining diverged: {MOST_BAD_STEPS} steps in a row gave no finite gradient. "
                "Start anew with a lower --learning-rate."
            )
        return "A step whose gradient was not finite was left out."

    def _with_less_memory(self) -> str:
        if process_count() > 1:
            raise DeviceError(
                f"Process {rank()} ran out of memory with {self.memory.batch_size} patches of {self.memory.side} "
                "pixels. Start again with a smaller --batch-size."
            )
        self._optimiser.zero_grad()
        self.memory, sentence = self.memory.smaller("patch")
        release_memory(self.memory.device)
        self._set_up()
        return sentence
