r"""How many seconds of painting are lost when the window is killed (SIGKILL) in the middle of it?

    scripts/with-display.sh python benchmarks/kill_while_painting.py --kills 5 --side 2048

Each time a real window opens a project and paints a stroke every 100 ms; it is killed at a random moment and the
project is opened again. The project lies in a temporary folder.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from napari_csunet import ClassTable
from napari_csunet.micrographs.reading import read_labels
from napari_csunet.project.project import Project

STROKE_MS = 100
WINDOW = f"""
import sys, time
import napari
from qtpy.QtCore import QTimer
from napari_csunet.project.project import Project
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.launch import add_docks

viewer = napari.Viewer()
add_docks(viewer, Project.open_or_create(sys.argv[1], DEFAULT))
session = viewer.window.dock_widgets["Project (napari-csunet)"].session
strokes = QTimer(interval={STROKE_MS})
done = 0

def stroke():
    global done
    labels = viewer.layers["spot · labels"]
    done += 1
    labels.brush_size = 1
    labels.paint((done // 512, done % 512), 1 + done % 2)
    print(done, time.time(), flush=True)

strokes.timeout.connect(stroke)
session.shown.connect(lambda key: strokes.start())
napari.run()
"""


def seconds_lost(folder: Path, seconds: float) -> float:
    """Between the last stroke that is in the file and the last one painted, after killing a window."""
    window = subprocess.Popen([sys.executable, "-c", WINDOW, str(folder)], stdout=subprocess.PIPE, text=True)
    assert window.stdout is not None
    painted: dict[int, float] = {}
    end = None
    while end is None or time.time() < end:
        number, moment = window.stdout.readline().split()
        painted[int(number)] = float(moment)
        end = end or time.time() + seconds
    window.kill()
    painted |= {int(line.split()[0]): float(line.split()[1]) for line in window.stdout if line.endswith("\n")}
    window.wait()
    Project.open(folder).close()
    kept = set(np.flatnonzero(read_labels(folder / "labels" / "spot.tif")[:8, :512]).tolist())
    return max(painted.values()) - max((moment for number, moment in painted.items() if number in kept), default=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--side", type=int, default=2048, help="of the micrograph, in pixels")
    options = parser.parse_args()
    for kill in range(options.kills):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            pixels = np.random.default_rng(kill).integers(0, 255, (options.side, options.side), np.uint8)
            tifffile.imwrite(folder / "spot.tif", pixels)
            Project.create(folder, ClassTable.from_names({1: "matrix", 2: "pore"})).close()
            seconds = random.Random(kill).uniform(3, 8)
            lost = seconds_lost(folder, seconds)
            print(f"killed after {seconds:.1f} s of painting: {lost:.2f} s lost")


if __name__ == "__main__":
    main()
