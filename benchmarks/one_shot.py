"""How good is one labelled micrograph and two minutes? Several seeds, judged on micrographs that were never seen.

    python benchmarks/one_shot.py DATA --minutes 2 --seeds 0 1 2

DATA holds train/images, train/masks, val/images and val/masks, such as the superalloy set of NASA's
pretrained-microscopy-models decoded to class values. Prints one JSON line for each seed and one with mean and spread.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from napari_csunet import ClassTable, TrainingConfig, fine_tune, load_checkpoint, read_labels, read_micrograph
from napari_csunet.inference.batch import Outputs, predict_files
from napari_csunet.measurement.agreement import agreement
from napari_csunet.micrographs.pairing import find_files, pair_by_stem
from napari_csunet.threads import share_the_processor


def main() -> None:
    """Runs the seeds given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--micrograph", default="spot7_180d_3", help="stem of the one that is labelled")
    parser.add_argument("--classes", default="0=matrix,1=secondary,2=tertiary")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--architecture", default="csunet")
    parser.add_argument("--encoder-weights", default="none")
    options = parser.parse_args()
    rows = [one_seed(options, seed) for seed in options.seeds]
    for row in rows:
        print(json.dumps(row))
    print(json.dumps({name: _mean_and_spread([row[name] for row in rows]) for name in ("pooled_iou", "mean_iou")}))


def one_seed(options: argparse.Namespace, seed: int) -> dict[str, float]:
    """Trains, predicts the validation micrographs and scores them."""
    classes = ClassTable.parse(options.classes)
    image = read_micrograph(options.data / "train" / "images" / f"{options.micrograph}.tif")
    mask = read_labels(options.data / "train" / "masks" / f"{options.micrograph}.tif")
    network = {"architecture": options.architecture, "encoder_weights": options.encoder_weights}
    config = TrainingConfig(minutes=options.minutes, seed=seed, **network)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, masks = Path(folder) / "a.csunet.safetensors", Path(folder) / "masks"
        start = time.monotonic()
        *_, last = fine_tune([image], [mask], classes, config, out=checkpoint)
        seconds = time.monotonic() - start
        for _ in predict_files(
            load_checkpoint(checkpoint), find_files([options.data / "val" / "images"]), Outputs(masks)
        ):
            pass
        pairs = pair_by_stem(find_files([masks]), find_files([options.data / "val" / "masks"]))
        scores = agreement(pairs, classes).scores
    figures = {"pooled_iou": scores.pooled_iou, "mean_iou": scores.mean_iou}
    per_class = {f"iou_{name}": one.iou for name, one in scores.per_class.items()}
    return {"seed": seed, "steps": last.step, "seconds": seconds, **figures, **per_class}


def _mean_and_spread(values: list[float]) -> list[float]:
    return [statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0]


if __name__ == "__main__":
    share_the_processor()
    main()
