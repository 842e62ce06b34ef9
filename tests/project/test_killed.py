"""A real process is killed while it saves; the window as a whole is killed in benchmarks/kill_while_painting.py."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from napari_csunet.project.label_files import read_labels_of
from napari_csunet.project.project import Project

SAVER = """
import sys
import numpy as np
from napari_csunet import ClassTable
from napari_csunet.project.project import Project
from napari_csunet.project.saving import LabelsToSave, save

project = Project.open_or_create(sys.argv[1], ClassTable.from_names({1: "matrix", 2: "pore"}))
for number in range(1, 100_000):
    labels = np.full((32, 48), 1 + number % 200, np.uint8)
    print(number, save(LabelsToSave("a2", project.labels_path("a2"), labels)).error, flush=True)
    project.change_entry("a2", painted={1: number})
    project.save()
"""


def test_a_process_killed_while_saving_leaves_whole_files_and_no_lock(images: Path) -> None:
    for pause in (0.0, 0.05):
        saver = subprocess.Popen([sys.executable, "-c", SAVER, str(images)], stdout=subprocess.PIPE)
        assert saver.stdout is not None
        with saver, saver.stdout:
            assert saver.stdout.readline() == b"1 None\n"
            time.sleep(pause)
            saver.kill()
    project = Project.open(images)
    labels = read_labels_of(project.labels_path("a2"), (32, 48))
    assert len(np.unique(labels)) == 1
    assert [one.name for one in project.labels_path("a2").parent.glob("[!.]*")] == ["a2.tif"]
    project.close()
