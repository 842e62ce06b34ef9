"""Objective: name the class of a micrograph, from a folder of class folders, as MicroNet was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.pairing import find_files
from napari_csunet.training.pretraining.appearance import degraded, recoloured, turned
from napari_csunet.training.pretraining.features import ENCODERS, Features, Widths
from napari_csunet.training.pretraining.memory_allowance import MemoryAllowance
from napari_csunet.training.pretraining.objective import DrawnBatch
from napari_csunet.training.pretraining.picture_pool import PicturePool, read_pool
from napari_csunet.training.pretraining.step_random import StepRandom

VALIDATION_SHARE = 0.1
LABEL_SMOOTHING = 0.1
QUICKLY_JUDGED = 200


@dataclass(frozen=True, eq=False)
class ClassFolders:
    """Micrographs to learn from and to judge by, a pool of each for every class."""

    training: dict[str, PicturePool]
    validation: dict[str, PicturePool]

    @classmethod
    def read(cls, folder: Path, seed: int = 0) -> ClassFolders:
        """Every tenth micrograph of a class, at least one, is held out.

        Raises MicrographError if there are fewer than two classes, or a class has fewer than two images.
        """
        memory = MemoryAllowance()
        split = {name: _split(files, name, seed) for name, files in _files_by_class(folder).items()}
        return cls(
            {name: read_pool(training, memory) for name, (training, _) in split.items()},
            {name: read_pool(held_out, memory) for name, (_, held_out) in split.items()},
        )

    @property
    def notices(self) -> tuple[str, ...]:
        pools = (*self.training.values(), *self.validation.values())
        return tuple(notice for pool in pools for notice in pool.notices)


class Classification:
    """Every class is drawn as often as any other."""

    name: Literal["classify"] = "classify"

    def __init__(self, folders: ClassFolders, encoders: frozenset[str] = ENCODERS) -> None:
        self.parts = encoders
        self._folders = folders
        self.notices = folders.notices

    def describe(self) -> dict[str, Any]:
        pairs = zip(self._folders.training.items(), self._folders.validation.values(), strict=True)
        classes = {name: {"training": pool.describe(), "validation": len(held)} for (name, pool), held in pairs}
        return {"encoders": sorted(self.parts), "classes": classes}

    def head(self, widths: Widths) -> nn.Module:
        return ClassificationHead(widths.pooled(self.parts), len(self._folders.training))

    def draw(self, batch_size: int, side: int, random: StepRandom) -> DrawnBatch:
        pools = list(self._folders.training.values())
        classes = random.numbers.integers(len(pools), size=batch_size)
        images = torch.cat([pools[one].draw(1, side, random)[0] for one in classes])
        images = degraded(recoloured(turned(random, images)[0], random), random)
        return DrawnBatch(images, images, {"classes": torch.from_numpy(classes).to(images.device)})

    def scores(
        self, features: Callable[[Tensor], Features], head: nn.Module, side: int, *, quick: bool
    ) -> dict[str, float]:
        """Share of held-out micrographs whose class is first, or among the first five, by their central square.

        quick: of about ``QUICKLY_JUDGED`` micrographs, as many of each class; else of all.
        """
        ranks = []
        pools = self._folders.validation.values()
        most = max(1, QUICKLY_JUDGED // len(pools)) if quick else None
        for i, pool in enumerate(pools):
            for picture in pool.centres(side, most):
                logits = head.logits(features(picture))[0].float()  # type: ignore[operator]
                ranks.append(int((logits > logits[i]).sum()))
        return {"top_1": float(np.mean(np.array(ranks) < 1)), "top_5": float(np.mean(np.array(ranks) < 5))}


class ClassificationHead(nn.Module):
    """A linear layer from the pooled deepest maps to the classes."""

    def __init__(self, width: int, class_count: int) -> None:
        super().__init__()
        self.logits_of = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, class_count))

    def logits(self, features: Features) -> Tensor:
        """(b, classes)."""
        logits: Tensor = self.logits_of(features.pooled)
        return logits

    def forward(self, features: Features, batch: DrawnBatch) -> Tensor:
        logits = self.logits(features).float()
        return functional.cross_entropy(logits, batch.targets["classes"], label_smoothing=LABEL_SMOOTHING)


def _files_by_class(folder: Path) -> dict[str, list[Path]]:
    if not folder.is_dir():
        raise MicrographError(f"{folder} is not a folder. Give a folder with one folder of micrographs for each class.")
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(inner) < 2:
        raise MicrographError(
            f"{folder} holds {len(inner)} folders; at least two are needed, one folder of micrographs for each class."
        )
    return {path.name: find_files([path]) for path in inner}


def _split(files: list[Path], name: str, seed: int) -> tuple[list[Path], list[Path]]:
    """Files to learn from, and held-out ones."""
    if len(files) < 2:
        raise MicrographError(
            f"The class {name} has one image; two are needed, one to learn from and one to judge by. "
            "Add an image, or take the folder out."
        )
    shuffled = [files[i] for i in np.random.default_rng(seed).permutation(len(files))]
    held_out = max(1, round(VALIDATION_SHARE * len(files)))
    return shuffled[held_out:], shuffled[:held_out]
