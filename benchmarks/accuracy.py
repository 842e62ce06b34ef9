r"""The paper's comparison at the price of a laptop: networks, encoder weights, data sets, kinds of labels, seeds.

    python benchmarks/accuracy.py DATA --minutes 2 --seeds 0 1 2 --out results.jsonl

DATA holds superalloy and ebc, in the layout of NASA's published benchmark or as <set>/<train, val>/<images, masks>.
Does pretraining pay?

    python benchmarks/accuracy.py DATA --models "csunet bundled" "csunet none" --tasks "superalloy one-shot" \\
        "superalloy one-shot, 1 % strokes" "ebc 4" "ebc 2, 1 % strokes" --minutes 2 --seeds 0 1 2 --out pays.jsonl

Each run is a process of its own and adds one line of JSON to the file; a run that is there is not repeated. The table
is printed at the end and written beside the file as Markdown. ``--steps`` in place of ``--minutes`` gives the same
result on a busy machine. ``--keep`` keeps the checkpoints, of which docs/contact_sheet.py makes pictures.
"""

from __future__ import annotations

import argparse
import json
import re
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
from accuracy_tasks import CLASSES, OTHER_SETS, TASKS, Task, pairs, read_mask, training_labels

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
HEADER = ("task", "model", *COLUMNS, "per class", "scale", "steps", "minutes", "peak GB", "seeds")


def main() -> None:
    """Runs what is missing, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=[name for name in TASKS if name not in OTHER_SETS], choices=TASKS)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--part", default="val", help="which micrographs judge")
    parser.add_argument("--views", action="store_true", help="predict with test-time augmentation")
    parser.add_argument("--settings", default="{}", help="further settings of TrainingConfig, as JSON")
    parser.add_argument("--out", type=Path, default=Path("accuracy.jsonl"))
    parser.add_argument("--keep", type=Path, help="folder for the checkpoints, named by task, model and seed")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(options.data, json.loads(options.one), options.keep)))
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
            done.append(_in_a_process(options.data, cell, options.keep))
            with options.out.open("a") as file:
                file.write(json.dumps(done[-1]) + "\n")
    told = table([row for row in done if any(all(row.get(name) == cell[name] for name in cell) for cell in wanted)])
    options.out.with_suffix(".md").write_text(told + "\n", encoding="utf-8")
    print(told)


def run(data: Path, cell: dict[str, Any], keep: Path | None = None) -> dict[str, Any]:
    """One training, judged: the cell with its figures. The checkpoint stays in the folder ``keep``, if given."""
    share_the_processor()
    task = TASKS[cell["task"]]
    training = pairs(data, task, "train")
    masks, classes = training_labels([read_mask(mask, task) for _, mask in training], task, cell["seed"])
    images = [read_micrograph(image) for image, _ in training]
    start = time.monotonic()
    if cell["model"] == "random forest":
        predictor, trained = fit_forest(images, masks, classes, cell["seed"]), {"trained_steps": 0, "reduction": 1}
    else:
        budget = {name: cell[name] for name in ("minutes", "steps") if name in cell}
        config = TrainingConfig(
            **{"minutes": None, **budget, **MODELS[cell["model"]], **cell["settings"]}, seed=cell["seed"]
        )
        with tempfile.TemporaryDirectory() as folder:
            out = (keep or Path(folder)) / f"{_file_name(cell)}.csunet.safetensors"
            predictor, trained = _network(images, masks, classes, config, out, views=cell["views"])
    minutes = (time.monotonic() - start) / 60
    scores = _judged(predictor, data, task, cell["part"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {**cell, **scores, **trained, "minutes_used": round(minutes, 2), "peak_gb": round(memory, 2)}


def table(rows: list[dict[str, Any]]) -> str:
    """Mean ± spread over the seeds, as Markdown."""
    lines = [f"| {' | '.join(HEADER)} |", "|" + "---|" * len(HEADER)]
    for task, model in dict.fromkeys((row["task"], row["model"]) for row in rows):
        some = [row for row in rows if (row["task"], row["model"]) == (task, model)]
        classes = ", ".join(f"{name} {_spread([r['iou'][name] for r in some])}" for name in some[0]["iou"])
        figures = [_spread([row[column] for row in some]) for column in COLUMNS]
        spent = statistics.mean(row["minutes_used"] for row in some)
        memory = max(row["peak_gb"] for row in some)
        scale = ", ".join(sorted({f"1/{row['reduction']}" if "reduction" in row else "?" for row in some}))
        steps = round(statistics.mean(row["trained_steps"] for row in some))
        told = [task, model, *figures, classes, scale, steps, f"{spent:.1f}", f"{memory:.1f}", len(some)]
        lines.append(f"| {' | '.join(map(str, told))} |")
    return "\n".join(lines)


def _in_a_process(data: Path, cell: dict[str, Any], keep: Path | None) -> dict[str, Any]:
    """So that the peak of memory is its own."""
    command = [sys.executable, __file__, str(data), "--one", json.dumps(cell)]
    command += [] if keep is None else ["--keep", str(keep)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    print(lines[-1], file=sys.stderr)
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def _file_name(cell: dict[str, Any]) -> str:
    """Task, model, seed and whatever was set by hand, without spaces."""
    budget = " ".join(f"{cell[name]} {name}" for name in ("minutes", "steps") if name in cell)
    settings = " ".join(f"{name} {value}" for name, value in cell["settings"].items())
    return re.sub(r"[^\w.-]+", "_", f"{cell['task']} {cell['model']} {cell['seed']} {budget} {settings}").strip("_")


def _network(
    images: Any, masks: Any, classes: Any, config: TrainingConfig, out: Path, *, views: bool
) -> tuple[Any, dict[str, int]]:
    out.parent.mkdir(parents=True, exist_ok=True)
    *_, last = fine_tune(images, masks, classes, config, out=out, overwrite=True)
    checkpoint = load_checkpoint(out)
    prediction = PredictionConfig(test_time_augmentation=views)
    trained = {"trained_steps": last.step, "reduction": checkpoint.provenance.reduction}
    return lambda image: classes.to_indices(predict(checkpoint, image, prediction).mask), trained


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
