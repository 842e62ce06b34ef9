"""Runs what docs/tutorial-gamma-prime.md shows, and writes that page with the numbers and pictures that came out.

python docs/make_tutorial.py            # 40 steps: the same numbers again on the same processor
python docs/make_tutorial.py --minutes 2
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from napari_csunet import read_labels, read_micrograph
from napari_csunet.export.numbers import count_text, interval_text, number_text
from napari_csunet.micrographs.overlay import overlay_picture
from napari_csunet.samples import sample_classes

Picture = npt.NDArray[np.uint8]

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SAMPLE = "sample_data/superalloy"
CLASSES = sample_classes("superalloy")
NAMES = ("1=matrix,2=secondary,3=tertiary", "secondary", "tertiary")
STEPS = 40
WIDTH, GAP, QUALITY = 760, 8, 80
CROP = (slice(60, 320), slice(60, 440))
"""Part of the fourth micrograph that pictures show."""

MEASURE = (
    f'measure {{masks}} --images {SAMPLE}/images --classes "{NAMES[0]}" --particles secondary tertiary '
    "--smooth secondary=2 --smallest secondary=300 --smallest tertiary=8 --split secondary=0.4 --out {out}"
)
QUANTITIES = (
    ("area fraction", "area_fraction", "mean", ""),
    ("mean diameter", "equivalent_diameter", "mean", "number"),
    ("D10", "equivalent_diameter", "D10", "number"),
    ("D50 (median)", "equivalent_diameter", "median", "number"),
    ("D90", "equivalent_diameter", "D90", "number"),
    ("mean diameter, weighted by area", "equivalent_diameter", "mean", "area"),
    ("nearest-neighbour distance", "nearest_neighbour", "mean", "number"),
    ("channel width (free path)", "free_path", "mean, random lines", ""),
    ("objects per area", "count_per_area", "mean", ""),
    ("objects counted", "count", "counted", ""),
)
"""Rows of the page's tables: what people call it, and quantity, statistic and weighting of summary.csv."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, help="How long to train; 40 steps if not given.")
    parser.add_argument("--work", type=Path, default=ROOT / "demo" / "tutorial", help="Folder for what is made.")
    options = parser.parse_args()
    budget = f"--minutes {options.minutes:g}" if options.minutes else f"--steps {STEPS}"
    found = run_everything(options.work, budget)
    draw_pictures(options.work)
    page = Template((DOCS / "tutorial-gamma-prime.template.md").read_text("utf-8")).substitute(found)
    (DOCS / "tutorial-gamma-prime.md").write_text(page, "utf-8")
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def run_everything(work: Path, budget: str) -> dict[str, str]:
    """Runs the commands of the page; returns what its placeholders stand for."""
    commands = {
        "train": f'fine-tune "{SAMPLE}/images/superalloy_[12].tif" --labels {SAMPLE}/strokes '
        f'--classes "{NAMES[0]}" {budget} --device cpu --out tutorial/alloy.csunet.safetensors',
        "predict": f"predict tutorial/alloy.csunet.safetensors {SAMPLE}/images --out tutorial/masks --uncertainty",
        "evaluate": f'evaluate tutorial/masks {SAMPLE}/masks --classes "{NAMES[0]}"',
        "measure": MEASURE.format(masks='"tutorial/masks/*_mask.tif"', out="tutorial/numbers")
        + " --checkpoint tutorial/alloy.csunet.safetensors",
        "exact": MEASURE.format(masks=f"{SAMPLE}/masks", out="tutorial/exact"),
    }
    said = {name: ran(command, work) for name, command in commands.items()}
    told = {f"{name}_command": f"napari-csunet {command}" for name, command in commands.items()}
    option, amount = budget.removeprefix("--").split()
    told["budget"] = f"{amount} {option}"
    return told | training_words(said["train"], said["evaluate"]) | tables(work)


def ran(command: str, work: Path) -> Any:
    """What a command prints as JSON; ``tutorial`` in it stands for the folder of results."""
    parts = [re.sub(r"^tutorial(?=/|$)", str(work), part) for part in shlex.split(command)]
    again = [] if parts[0] == "evaluate" else ["--overwrite"]
    sys.stderr.write(f"napari-csunet {command}\n")
    call = [sys.executable, "-m", "napari_csunet.cli", *parts, *again, "--json"]
    return json.loads(subprocess.run(call, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def training_words(train: Mapping[str, Any], evaluate: Mapping[str, Any]) -> dict[str, str]:
    ious = ", ".join(f"{name} {score['iou']:.2f}" for name, score in evaluate["per_class"].items())
    return {
        "verdict": str(train["verdict"]),
        "steps": str(train["steps"]),
        "mean_iou": f"{evaluate['mean_iou']:.2f}",
        "ious": ious,
        "unseen_iou": f"{np.mean([evaluate['images'][f'superalloy_{i}']['mean_iou'] for i in (3, 4)]):.2f}",
    }


def tables(work: Path) -> dict[str, str]:
    """Measured and exact values of both classes, and the sentences around them."""
    measured, exact = (pd.read_csv(work / folder / "summary.csv") for folder in ("numbers", "exact"))
    page = (work / "numbers" / "report.html").read_text("utf-8")
    methods = re.search(r'<p class="methods">(.*?)</p>', page, re.DOTALL)
    words = {f"{name}_table": table_of(measured, exact, name) for name in NAMES[1:]}
    for name in NAMES[1:]:
        words[f"{name}_count"] = count_text(row_of(measured, name, QUANTITIES[-1])["value"])
    return words | {"methods": html.unescape(re.sub("<[^>]+>", "", methods[1])) if methods else ""}


def table_of(measured: pd.DataFrame, exact: pd.DataFrame, name: str) -> str:
    lines = ["| | measured, with 95 % interval | exact masks | unit |", "|---|---|---|---|"]
    for quantity in QUANTITIES:
        own, true = row_of(measured, name, quantity), row_of(exact, name, quantity)
        words = count_text if quantity[1] == "count" else number_text
        value = words(own["value"])
        if np.isfinite(own["low"]):
            value = interval_text(own["value"], own["low"], own["high"])
        unit = own["unit"] if isinstance(own["unit"], str) else ""
        lines.append(f"| {quantity[0]} | {value} | {words(true['value'])} | {unit} |")
    return "\n".join(lines)


def row_of(summary: pd.DataFrame, name: str, quantity: tuple[str, str, str, str]) -> Any:
    _, kind, statistic, weighting = quantity
    pooled = summary[(summary["micrograph"] == "all micrographs") & (summary["class"] == name)]
    chosen = (pooled["quantity"] == kind) & (pooled["statistic"] == statistic)
    return pooled[chosen & (pooled["weighting"].fillna("") == weighting)].iloc[0]


def draw_pictures(work: Path) -> None:
    first, last = (ROOT / SAMPLE / "images" / f"superalloy_{i}.tif" for i in (1, 4))
    strokes = read_labels(ROOT / SAMPLE / "strokes" / first.name)
    plain = overlay_picture(read_micrograph(first), np.zeros_like(strokes), CLASSES)
    painted = np.where((strokes > 0)[..., None], overlay_picture(read_micrograph(first), strokes, CLASSES), plain)
    save("strokes", beside(plain[CROP], opaque(painted, strokes)[CROP]))
    micrograph = read_micrograph(last)
    raw, clean = (read_labels(work / folder / "superalloy_4_mask.tif") for folder in ("masks", "numbers/masks"))
    save("masks", beside(*(overlay_picture(micrograph, mask, CLASSES)[CROP] for mask in (raw, clean))))
    for kind in ("sizes_secondary", "cumulative_secondary", "area_fractions"):
        plot = Image.open(work / "numbers" / "plots" / f"{kind}.png").convert("RGB")
        plot.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        plot.quantize(64, dither=Image.Dither.NONE).save(DOCS / "images" / f"tutorial-{kind}.png", optimize=True)


def opaque(picture: Picture, labels: npt.NDArray[Any]) -> Picture:
    """Strokes in the full class colour, so that thin ones are seen."""
    painted = picture.copy()
    for entry in CLASSES.classes:
        painted[labels == entry.value] = list(bytes.fromhex(entry.colour[1:]))
    return painted


def beside(*pictures: Picture) -> Picture:
    gap = np.full((len(pictures[0]), GAP, 3), 255, np.uint8)
    return np.hstack([pictures[0], gap, pictures[1]])


def save(name: str, picture: Picture) -> None:
    Image.fromarray(picture).save(DOCS / "images" / f"tutorial-{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
