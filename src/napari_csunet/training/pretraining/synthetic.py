"""Objective: tell the phases of endless synthetic micrographs apart, and the families they are from."""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.training.pretraining.appearance import degraded, normalised, recoloured
from napari_csunet.training.pretraining.features import EVERYTHING, Features, Widths
from napari_csunet.training.pretraining.objective import DrawnBatch
from napari_csunet.training.pretraining.phase_head import PhaseHead
from napari_csunet.training.pretraining.step_random import StepRandom
from napari_csunet.training.synthesis import TRAINING_FAMILIES, synthesise_training

FAMILY_WEIGHT = 0.1
FAMILIES_IN_A_BATCH = 4


class Synthetic:
    """Every batch mixes pictures of several families."""

    name: Literal["synthetic"] = "synthetic"
    parts = EVERYTHING
    notices: tuple[str, ...] = ()

    def describe(self) -> dict[str, Any]:
        return {"families": {name: list(family.class_names) for name, family in TRAINING_FAMILIES.items()}}

    def head(self, widths: Widths) -> nn.Module:
        return SyntheticHead(widths)

    def draw(self, batch_size: int, side: int, random: StepRandom) -> DrawnBatch:
        images, masks, families = synthesise_training(
            batch_size, side, random.host, random.device, of_a_kind=max(2, batch_size // FAMILIES_IN_A_BATCH)
        )
        images = degraded(recoloured(normalised(images), random), random, blur=0.8, noise=0.1)
        return DrawnBatch(images, images, {"masks": masks, "families": families})


class SyntheticHead(nn.Module):
    """Segmentation from the decoder's map plus, lightly weighted, the family from the pooled deepest maps."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.phases = PhaseHead(widths.decoder, [len(family.class_names) for family in TRAINING_FAMILIES.values()])
        pooled = widths.pooled(EVERYTHING)
        self.family = nn.Sequential(nn.LayerNorm(pooled), nn.Linear(pooled, len(TRAINING_FAMILIES)))

    def forward(self, features: Features, batch: DrawnBatch) -> Tensor:
        families = batch.targets["families"]
        segmentation: Tensor = self.phases(features.pixels, families, batch.targets["masks"])
        return segmentation + FAMILY_WEIGHT * functional.cross_entropy(self.family(features.pooled).float(), families)
