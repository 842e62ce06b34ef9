r"""Other instruments: what becomes of a network whose micrographs suddenly look different, and what helps.

    python benchmarks/out_of_distribution.py DATA --seeds 0 1 2 --out ood.jsonl --checkpoints ood

DATA as for ``accuracy.py``. A network is trained once for each task and seed, and kept in the folder of checkpoints. It
predicts the val micrographs as they are and as other instruments would give them (``instruments.py``): as it is, with
test-time augmentation, adapted to these micrographs without labels, and with both. Each figure is a line in the file;
one that is there is not measured again. Does stronger randomisation in training help?

    python benchmarks/out_of_distribution.py DATA --seeds 0 --ways "as it is" --settings '{"intensity": 2}' \\
        --out ood.jsonl --checkpoints ood
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_tasks import CLASSES, TASKS, Task, pairs, read_mask, training_labels
from instruments import INSTRUMENTS, recorded_by

from napari_csunet import Micrograph, TrainingConfig, fine_tune, load_checkpoint, predict, read_micrograph
from napari_csunet.checkpoint import Checkpoint
from napari_csunet.config import AdaptingConfig, PredictionConfig
from napari_csunet.threads import share_the_processor
from napari_csunet.training.adapting import adapt
from napari_csunet.training.metrics import confusion_matrix, scores_from_confusion

WAYS = {"as it is": (False, False), "views": (False, True), "adapted": (True, False), "adapted, views": (True, True)}
"""Whether it is adapted, and whether it predicts by several views."""

Cell = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """Micrographs as one instrument gives them, with their masks."""

    micrographs: list[Micrograph]
    masks: list[Any]


def main() -> None:
    """Measures what is missing, then prints the table."""
    options = _options()
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.is_file() else []
    shared = {"steps": options.steps, "settings": json.loads(options.settings), "adapting": _adapting(options)}
    for task in options.tasks:
        for seed in options.seeds:
            run = {"task": task, "seed": seed, **shared}
            for instrument in options.instruments:
                wanted = [{**run, "instrument": instrument, "way": way} for way in options.ways]
                missing = [cell for cell in wanted if not any(_is_of(row, cell) for row in done)]
                for row in measured(options.data, missing, options.checkpoints) if missing else ():
                    done.append(row)
                    with options.out.open("a") as file:
                        file.write(json.dumps(row) + "\n")
    print(table([row for row in done if all(row[name] == shared[name] for name in shared)], options.ways))


def measured(data: Path, cells: list[Cell], folder: Path) -> Iterator[Cell]:
    """Figures of one network under one instrument, for each cell."""
    first = cells[0]
    task = TASKS[first["task"]]
    original = trained(data, task, first, folder)
    recorded = as_recorded(data, task, first["instrument"], first["seed"])
    adapted, told = original, ""
    if any(WAYS[cell["way"]][0] for cell in cells):
        adapted, told = adapted_to(original, recorded, first, folder)
    for cell in cells:
        is_adapted, by_views = WAYS[cell["way"]]
        figures = judged(adapted if is_adapted else original, recorded, task, views=by_views)
        row = {**cell, **figures, "told": told if is_adapted else ""}
        print(json.dumps(row), file=sys.stderr)
        yield row


def trained(data: Path, task: Task, cell: Cell, folder: Path) -> Checkpoint:
    """The network of a task, seed and settings; it is trained if it is not in the folder."""
    settings = "".join(f", {name} {value}" for name, value in cell["settings"].items())
    out = folder / f"{cell['task']}, {cell['steps']} steps{settings}, seed {cell['seed']}.csunet.safetensors"
    if not out.is_file():
        training = pairs(data, task, "train")
        masks, classes = training_labels([read_mask(mask, task) for _, mask in training], task, cell["seed"])
        config = TrainingConfig(minutes=None, steps=cell["steps"], seed=cell["seed"], **cell["settings"])
        unfinished = out.with_suffix(".unfinished")
        for _ in fine_tune(
            [read_micrograph(image) for image, _ in training], masks, classes, config, out=unfinished, overwrite=True
        ):
            pass
        unfinished.rename(out)
    return load_checkpoint(out)


def as_recorded(data: Path, task: Task, instrument: str, seed: int) -> Recorded:
    """The val micrographs as an instrument gives them."""
    micrographs, masks = [], []
    for image, mask in pairs(data, task, "val"):
        micrograph = read_micrograph(image)
        grey = np.asarray(micrograph.pixels[0], float).mean(axis=-1)
        picture = (grey - grey.min()) / max(1.0, np.ptp(grey))
        pixels, truth = recorded_by(instrument, picture, read_mask(mask, task), seed)
        micrographs.append(Micrograph.from_array(pixels, micrograph.name))
        masks.append(truth)
    return Recorded(micrographs, masks)


def adapted_to(original: Checkpoint, recorded: Recorded, cell: Cell, folder: Path) -> tuple[Checkpoint, str]:
    """The network that would predict after *Adapt to these micrographs first*, and what the user would read."""
    config = AdaptingConfig(**{"minutes": None, **cell["adapting"]}, seed=cell["seed"])
    out = folder / "adapted.csunet.safetensors"
    *_, last = adapt(original, recorded.micrographs, config, out=out, overwrite=True)
    return (original if last.checkpoint is None else load_checkpoint(last.checkpoint)), last.message


def judged(checkpoint: Checkpoint, recorded: Recorded, task: Task, *, views: bool) -> Cell:
    """Pooled and mean IoU, and IoU by class, of all micrographs together."""
    classes, config = CLASSES[task.data], PredictionConfig(test_time_augmentation=views)
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    for micrograph, mask in zip(recorded.micrographs, recorded.masks, strict=True):
        predicted = classes.to_indices(predict(checkpoint, micrograph, config).mask)
        confusion += confusion_matrix(predicted, classes.to_indices(mask), len(classes))
    scores = scores_from_confusion(confusion, classes)
    iou = {name: round(one.iou, 4) for name, one in scores.per_class.items()}
    return {"pooled IoU": round(scores.pooled_iou, 4), "mean IoU": round(scores.mean_iou, 4), "iou": iou}


def table(rows: list[Cell], ways: list[str]) -> str:
    """Mean IoU, mean ± spread over the seeds, as Markdown: a line for each instrument."""
    lines = [f"| task | instrument | {' | '.join(ways)} | seeds |", "|" + "---|" * (len(ways) + 3)]
    for task, instrument in dict.fromkeys((row["task"], row["instrument"]) for row in rows):
        some = [row for row in rows if (row["task"], row["instrument"]) == (task, instrument)]
        values = [[row["mean IoU"] for row in some if row["way"] == way] for way in ways]
        figures = [_spread(found) if found else "not run" for found in values]
        lines.append(f"| {task} | {instrument} | {' | '.join(figures)} | {max(map(len, values))} |")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=["superalloy one-shot", "ebc one-shot"], choices=TASKS)
    parser.add_argument("--instruments", nargs="+", default=list(INSTRUMENTS), choices=INSTRUMENTS)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=160, help="of the training")
    parser.add_argument("--settings", default="{}", help="further settings of TrainingConfig, as JSON")
    parser.add_argument("--adapting-steps", type=int, default=30)
    parser.add_argument("--adapting-minutes", type=float, help="in place of steps")
    parser.add_argument("--checkpoints", type=Path, default=Path("out_of_distribution"))
    parser.add_argument("--out", type=Path, default=Path("out_of_distribution.jsonl"))
    return parser.parse_args()


def _adapting(options: argparse.Namespace) -> dict[str, float]:
    if options.adapting_minutes:
        return {"minutes": options.adapting_minutes}
    return {"steps": options.adapting_steps}


def _is_of(row: Cell, cell: Cell) -> bool:
    return all(row.get(name) == cell[name] for name in cell)


def _spread(values: list[float]) -> str:
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(values) > 1 else mean


if __name__ == "__main__":
    share_the_processor()
    main()
