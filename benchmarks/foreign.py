"""Does the program know micrographs of another kind? What share of each set it calls foreign, and of single regions.

    python benchmarks/foreign.py DATA

DATA holds superalloy, ebc (as for accuracy.py) and emps, of which every 25th micrograph is taken. The program learns
from one, two or four micrographs of a set, drawn several times, and from the whole train part, and judges all others.
For regions it is told ten regions of each of these, drawn at random.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from accuracy_tasks import TASKS, pairs

from napari_csunet import read_micrograph
from napari_csunet.inference.pixel_features import FeatureNetwork, SliceLook
from napari_csunet.inference.suggesting.familiarity import Familiar, familiar_with
from napari_csunet.inference.suggesting.foreign import HALF, OF_REGIONS, STRANGE_REGIONS, familiar_micrographs
from napari_csunet.inference.suggesting.slice_cells import cells_of
from napari_csunet.inference.suggesting.slice_regions import SliceRegions, regions_of
from napari_csunet.threads import share_the_processor

TASK = {"superalloy": "superalloy 10", "ebc": "ebc all"}
EMPS_EVERY = 25
DRAWS = 12
PAINTED = 10

Regions = list[SliceRegions]


def main() -> None:
    """Prints a row for each set and number of micrographs learnt from."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    network = FeatureNetwork("cpu")
    files = {
        name: [[one for one, _ in pairs(data, TASKS[TASK[name]], part)] for part in ("train", "val")] for name in TASK
    }
    files["emps"] = [sorted((data / "emps" / "images").iterdir())[::EMPS_EVERY], []]
    seen = {name: [[look_at(one, network) for one in part] for part in parts] for name, parts in files.items()}
    report(seen)


def report(seen: dict[str, list[Regions]]) -> None:
    """seen: train and val part of each set."""
    random = np.random.default_rng(0)
    for name, (train, val) in seen.items():
        for count in (1, 2, 4):
            draws = [split(train + val, count, random) for _ in range(DRAWS)]
            tell(f"{count} of {name}", name, draws, seen, random)
        if val:
            tell(f"train part of {name}", name, [(train, val)], seen, random)


def tell(
    what: str,
    own: str,
    draws: Sequence[tuple[Regions, Regions]],
    seen: dict[str, list[Regions]],
    random: np.random.Generator,
) -> None:
    """Shares of micrographs and of regions, set by set."""
    learnt = [(familiar_micrographs(some), familiar_regions(some, random), rest) for some, rest in draws]
    for kind in ("micrographs", "regions"):
        cells = []
        for name, parts in seen.items():
            others = [one for part in parts for one in part]
            shares = [
                share_of_micrographs(whole, rest if name == own else others)
                if kind == "micrographs"
                else share_of_regions(single, rest if name == own else others)
                for whole, single, rest in learnt
            ]
            cells.append(f"{name} {np.mean(shares):.2f}")
        print(f"learnt from {what}, {kind} called foreign: {', '.join(cells)}", flush=True)


def share_of_micrographs(familiar: Familiar | None, others: Regions) -> float:
    return float(np.mean([familiar is not None and familiar.share_unlike(one.looks) > HALF for one in others]))


def share_of_regions(familiar: Familiar, others: Regions) -> float:
    return float(np.mean([familiar.share_unlike(one.looks) for one in others]))


def familiar_regions(learnt: Regions, random: np.random.Generator) -> Familiar:
    """As in ``foreign.familiar_regions``, for strokes in ``PAINTED`` regions of each micrograph."""
    known = [one.looks[random.choice(len(one.looks), PAINTED, replace=False)] for one in learnt]
    return familiar_with(np.concatenate(known), [one.looks for one in learnt], STRANGE_REGIONS, OF_REGIONS)


def split(some: Regions, count: int, random: np.random.Generator) -> tuple[Regions, Regions]:
    """So many drawn at random, and the others."""
    order = random.permutation(len(some))
    return [some[i] for i in order[:count]], [some[i] for i in order[count:]]


def look_at(image: Path, network: FeatureNetwork) -> SliceRegions:
    micrograph = read_micrograph(image)
    look = SliceLook(micrograph, 0, network)
    while (features := look.step()) is None:
        pass
    return regions_of(cells_of(features, micrograph.size))


if __name__ == "__main__":
    share_the_processor()
    main()
