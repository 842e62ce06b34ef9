"""What a pretraining may aim at: an objective draws its batches and brings the head that makes features a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from torch import Tensor, nn

from napari_csunet.training.pretraining.features import Features, Widths
from napari_csunet.training.pretraining.step_random import StepRandom

ObjectiveName = Literal["synthetic", "self-supervised", "labelled", "classify"]


class DrawnBatch(NamedTuple):
    """``images`` (b, 1, side, side) as the network gets them, ``clean`` the same undamaged, and what to learn."""

    images: Tensor
    clean: Tensor
    targets: dict[str, Tensor]


class Objective(Protocol):
    """``parts`` of the network ("swin", "cnn", "decoder") are trained and written."""

    @property
    def name(self) -> ObjectiveName: ...

    @property
    def parts(self) -> frozenset[str]: ...

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user, such as which file was skipped."""
        ...

    def describe(self) -> dict[str, Any]:
        """What decides the batches, for the record; plain values."""
        ...

    def head(self, widths: Widths) -> nn.Module:
        """Module that is trained beside the network; called with features and a batch it gives the loss."""
        ...

    def draw(self, batch_size: int, side: int, random: StepRandom) -> DrawnBatch: ...


@runtime_checkable
class Judged(Protocol):
    """An objective that has held something out to judge by."""

    def scores(
        self, features: Callable[[Tensor], Features], head: nn.Module, side: int, *, quick: bool
    ) -> dict[str, float]:
        """Scores by name, of a part if ``quick``. ``features`` gives those of images (b, 1, h, w) of any device."""
        ...
