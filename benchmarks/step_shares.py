"""What share of a fine-tuning goes to drawing patches, to augmentation and to validation?

python benchmarks/step_shares.py DATA --task "superalloy one-shot, 1 % strokes" --steps 60
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from accuracy_tasks import TASKS, pairs, read_mask, training_labels

from napari_csunet import TrainingConfig, fine_tune, read_micrograph
from napari_csunet.training.augmentation import Augmentation
from napari_csunet.training.fine_tuning import FineTuning
from napari_csunet.training.optimisation import Optimisation
from napari_csunet.training.patches import PatchSampler

TIMED = {
    "drawing patches": (PatchSampler, "batch"),
    "mirroring and turning": (Augmentation, "turned"),
    "appearance": (Augmentation, "rendered"),
    "validation": (FineTuning, "_recorded"),
    "steps in all": (Optimisation, "step"),
}


def main() -> None:
    """Prints a line for each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--task", default="superalloy one-shot", choices=TASKS)
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    spent = measured(options.data, options.task, options.steps)
    whole = spent["steps in all"] + spent["validation"]
    for part, seconds in spent.items():
        print(f"{part:22} {seconds:7.2f} s  {seconds / whole:6.1%}")


def measured(data: Path, name: str, steps: int) -> dict[str, float]:
    """Seconds spent in each part of one fine-tuning."""
    spent: dict[str, float] = defaultdict(float)
    for part, (owner, method) in TIMED.items():
        setattr(owner, method, timed(getattr(owner, method), part, spent))
    task = TASKS[name]
    training = pairs(data, task, "train")
    masks, classes = training_labels([read_mask(mask, task) for _, mask in training], task, 0)
    images = [read_micrograph(image) for image, _ in training]
    config = TrainingConfig(minutes=None, steps=steps)
    with TemporaryDirectory() as folder:
        for _ in fine_tune(images, masks, classes, config, out=Path(folder) / "timed.csunet.safetensors"):
            pass
    return spent


def timed(call: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    """The same call, whose seconds are added up."""

    def measuring(*given: Any, **named: Any) -> Any:
        start = time.monotonic()
        try:
            return call(*given, **named)
        finally:
            spent[part] += time.monotonic() - start

    return measuring


if __name__ == "__main__":
    main()
