r"""The paper's comparison at the price of a laptop: networks, encoder weights, data sets, kinds of labels, seeds.

    python benchmarks/accuracy.py DATA --minutes 2 --seeds 0 1 2 --out results.jsonl

DATA holds superalloy and ebc, in the layout of NASA's published benchmark or as <set>/<train, val>/<images, masks>.
Does pretraining pay?

    python benchmarks/accuracy.py DATA --models "csunet bundled" "csunet none" --tasks "superalloy one-shot" \\
        "superalloy one-shot, 1 % strokes" "ebc 4" "ebc 2, 1 % strokes" --minutes 2 --seeds 0 1 2 --out pays.jsonl

Each run is a process of its own and adds one line to the file; a run that is there is not repeated. The table is
printed as Markdown at the end. ``--steps`` in place of ``--minutes`` gives the same result on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_forest import fit_forest
from accuracy_tasks import CLASSES, TASKS, Task, pairs, read_mask, training_labels

from napari_csunet import TrainingConfig, fine_tune, load_checkpoint, predict, read_micrograph
from napari_csunet.config import PredictionConfig
from napari_csunet.threads import share_the_processor
from napari_csunet.training.metrics import confusion_matrix, scores_from_confusion

MODELS: dict[str, dict[str, Any]] = {
    "csunet bundled": {"encoder_weights": "bundled"},
    "csunet none": {"encoder_weights": "none"},
    "unet none": {"encoder_weights": "none", "architecture": "unet"},
    "unet bundled": {"encoder_weights": "bundled", "architecture": "unet"},
    "unetplusplus none": {"encoder_weights": "none", "architecture": "unetplusplus"},
    "swin-unet none": {"encoder_weights": "none", "architecture": "swin-unet"},
    "random forest": {},
}
COLUMNS = ("pooled IoU", "mean IoU")


def main() -> None:
    """Runs what is missing, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--part", default="val", help="which micrographs judge")
    parser.add_argument("--views", action="store_true", help="predict with test-time augmentation")
    parser.add_argument("--settings", default="{}", help="further settings of TrainingConfig, as JSON")
    parser.add_argument("--out", type=Path, default=Path("accuracy.jsonl"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(options.data, json.loads(options.one))))
        return
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.is_file() else []
    shared = {"part": options.part, "views": options.views, "settings": json.loads(options.settings)}
    shared |= {"steps": options.steps} if options.steps else {"minutes": options.minutes}
    wanted = [
        {"task": task, "model": model, "seed": seed, **shared}
        for seed in options.seeds
        for task in options.tasks
        for model in options.models
    ]
    for cell in wanted:
        if not any(all(row[name] == cell[name] for name in cell) for row in done if row.keys() >= cell.keys()):
            done.append(_in_a_process(options.data, cell))
            with options.out.open("a") as file:
                file.write(json.dumps(done[-1]) + "\n")
    print(table([row for row in done if any(all(row.get(name) == cell[name] for name in cell) for cell in wanted)]))


def run(data: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """One training, judged: the cell with its figures."""
    share_the_processor()
    task = TASKS[cell["task"]]
    training = pairs(data, task, "train")
    masks, classes = training_labels([read_mask(mask, task) for _, mask in training], task, cell["seed"])
    images = [read_micrograph(image) for image, _ in training]
    start = time.monotonic()
    if cell["model"] == "random forest":
        predictor, steps = fit_forest(images, masks, classes, cell["seed"]), 0
    else:
        budget = {name: cell[name] for name in ("minutes", "steps") if name in cell}
        config = TrainingConfig(
            **{"minutes": None, **budget, **MODELS[cell["model"]], **cell["settings"]}, seed=cell["seed"]
        )
        predictor, steps = _network(images, masks, classes, config, views=cell["views"])
    minutes = (time.monotonic() - start) / 60
    scores = _judged(predictor, data, task, cell["part"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {**cell, **scores, "trained_steps": steps, "minutes_used": round(minutes, 2), "peak_gb": round(memory, 2)}


def table(rows: list[dict[str, Any]]) -> str:
    """Mean ± spread over the seeds, as Markdown."""
    lines = ["| task | model | pooled IoU | mean IoU | per class | minutes | peak GB | seeds |", "|" + "---|" * 8]
    for task, model in dict.fromkeys((row["task"], row["model"]) for row in rows):
        some = [row for row in rows if (row["task"], row["model"]) == (task, model)]
        classes = ", ".join(f"{name} {_spread([r['iou'][name] for r in some])}" for name in some[0]["iou"])
        figures = [_spread([row[column] for row in some]) for column in COLUMNS]
        spent = statistics.mean(row["minutes_used"] for row in some)
        memory = max(row["peak_gb"] for row in some)
        lines.append(
            f"| {task} | {model} | {' | '.join(figures)} | {classes} | {spent:.1f} | {memory:.1f} | {len(some)} |"
        )
    return "\n".join(lines)


def _in_a_process(data: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """So that the peak of memory is its own."""
    command = [sys.executable, __file__, str(data), "--one", json.dumps(cell)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    print(lines[-1], file=sys.stderr)
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def _network(images: Any, masks: Any, classes: Any, config: TrainingConfig, *, views: bool) -> tuple[Any, int]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "a.csunet.safetensors"
        *_, last = fine_tune(images, masks, classes, config, out=out)
        checkpoint = load_checkpoint(out)
    prediction = PredictionConfig(test_time_augmentation=views)
    return lambda image: classes.to_indices(predict(checkpoint, image, prediction).mask), last.step


def _judged(predictor: Any, data: Path, task: Task, part: str) -> dict[str, Any]:
    classes = CLASSES[task.data]
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    for image, mask in pairs(data, task, part):
        truth = classes.to_indices(read_mask(mask, task))
        confusion += confusion_matrix(predictor(read_micrograph(image)), truth, len(classes))
    scores = scores_from_confusion(confusion, classes)
    iou = {name: round(one.iou, 4) for name, one in scores.per_class.items()}
    return {"pooled IoU": round(scores.pooled_iou, 4), "mean IoU": round(scores.mean_iou, 4), "iou": iou}


def _spread(values: list[float]) -> str:
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(values) > 1 else mean


if __name__ == "__main__":
    main()
