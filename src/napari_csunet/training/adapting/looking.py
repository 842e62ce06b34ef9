"""What a network says of the targets, in the time that there is for looking at them."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence

import numpy as np
import numpy.typing as npt

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.config import AdaptingConfig, PredictionConfig
from napari_csunet.inference.prediction import Clock, Predictor
from napari_csunet.training.adapting.targets import MOST_SIDE, Target

FIRST_SIDE = 256
"""Of the part that shows how fast the network is, in pixels that it sees; smaller parts are not looked at."""

Answer = npt.NDArray[np.float16]
"""Probability (classes, h, w)."""


class Onlooker:
    """A network that looks at targets one after the other, by all views or as they are.

    Its generators yield now and then, a sentence if something had to change, and return what they found.
    """

    def __init__(self, checkpoint: Checkpoint, config: AdaptingConfig, *, views: bool) -> None:
        unscaled = checkpoint.provenance.model_copy(update={"reduction": 1})
        prediction = PredictionConfig(
            test_time_augmentation=views,
            exclude_databar=False,
            match_pixel_size=False,
            device=config.device,
            precision=config.precision,
        )
        self._predictor = Predictor(Checkpoint(unscaled, checkpoint.state, checkpoint.path), prediction)

    def answers(self, targets: Sequence[Target]) -> Generator[str, None, list[Answer]]:
        """What it says of all targets, in their order."""
        found: list[Answer] = []
        for target in targets:
            clock = Clock(math.prod(target.picture.size))
            for report in self._predictor.stream(target.picture, clock, probability=True, uncertainty=False):
                yield report.message
                if report.prediction is not None and report.prediction.probability is not None:
                    found.append(report.prediction.probability.astype(np.float16))
        return found

    def looks(
        self, targets: Sequence[Target], seconds: float
    ) -> Generator[str, None, tuple[list[Target], list[Answer]]]:
        """As many targets, or middle parts of them, as ``seconds`` allow, at least a small part of the first."""
        start = time.monotonic()
        parts = [targets[0].middle(FIRST_SIDE)]
        found = yield from self.answers(parts)
        seen = found[0][0].size
        for index, target in enumerate(targets):
            if target is parts[0]:  # the small part is all of it
                continue
            spent = time.monotonic() - start
            side = math.sqrt(max(0.0, seconds - spent) * seen / max(1e-6, spent))
            if side < FIRST_SIDE:
                break
            parts[index:] = [target.middle(int(min(side, 2 * MOST_SIDE)))]
            found[index:] = yield from self.answers(parts[index:])
            seen += found[-1][0].size
        return parts, found
