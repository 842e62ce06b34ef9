"""A folder holds one export: what an earlier one wrote goes, what others put there stays."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import zarr

from napari_csunet import ClassTable, Micrograph, PixelSize, read_labels
from napari_csunet.errors import OutputError
from napari_csunet.export import manifest
from napari_csunet.export.exporting import export_results
from napari_csunet.export.kept_masks import kept_masks
from napari_csunet.export.layout import Layout
from napari_csunet.export.results import ExportPlan, Result
from napari_csunet.measurement.summary import MeasurementPlan
from napari_csunet.micrographs.ome_zarr import MASK, read_classes
from napari_csunet.micrographs.writing import MaskFormat, class_table_path, write_mask


@pytest.fixture
def plan(classes: ClassTable) -> ExportPlan:
    return ExportPlan(classes, MeasurementPlan(objects=(), correlation=False), overwrite=True)


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def export(folder: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan, *names: str) -> tuple[str, ...]:
    *_, last = export_results([Result(name, mask) for name in names], folder, plan)
    return last.notices


def test_a_later_export_leaves_nothing_of_an_earlier_one_but_all_that_is_foreign(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    export(tmp_path, mask, plan, "first", "third")
    (tmp_path / "masks" / "mine.tif").write_text("mine")
    (tmp_path / "masks" / "third_mask.tif").write_text("painted on since")
    notices = export(tmp_path, mask, plan, "second")
    left = {name for name in names_in(tmp_path) if "first" in name or "third" in name or "mine" in name}
    assert left == {"masks/mine.tif", "masks/third_mask.tif"}
    assert "masks/third_mask.tif stayed: changed since" in notices[-1]
    assert {"masks/second_mask.tif", "masks/second_mask.classes.json", "report.html"} <= names_in(tmp_path)


@pytest.mark.slow
def test_the_files_of_an_export_that_broke_off_are_known(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    reports = export_results([Result("first", mask)], tmp_path, plan)
    for _ in range(3):
        next(reports)
    assert (tmp_path / "masks" / "first_mask.tif").exists()
    export(tmp_path, mask, plan, "second")
    assert not [name for name in names_in(tmp_path) if "first" in name]


def test_what_somebody_corrected_outlives_an_export_that_broke_off(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    export(tmp_path, mask, plan, "first")
    (tmp_path / "masks" / "first_mask.tif").write_text("corrected by hand")
    broken = export_results([Result("first", mask), Result("second", mask)], tmp_path, plan)
    next(broken), next(broken)
    assert isinstance(broken, Generator)
    broken.close()
    notices = export(tmp_path, mask, plan, "second")
    assert (tmp_path / "masks" / "first_mask.tif").read_text() == "corrected by hand"
    assert "masks/first_mask.tif stayed" in notices[-1]


@pytest.mark.slow
def test_a_mask_that_was_repainted_stays_and_is_told_each_time_until_it_is_deleted(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    export(tmp_path, mask, plan, "first")
    path, repainted = tmp_path / "masks" / "first_mask.tif", 3 - mask
    write_mask(path, repainted, plan.classes, overwrite=True)
    for _ in range(2):
        (notice,) = export(tmp_path, mask, plan, "first")
        assert "first_mask.tif was changed by hand after it was exported and stays" in notice
        assert "delete it and export again" in notice
        assert np.array_equal(read_labels(path), repainted)
        assert class_table_path(path).exists()
    path.unlink()
    assert export(tmp_path, mask, plan, "first") == ()
    assert np.array_equal(read_labels(path), mask)


@pytest.mark.slow
def test_a_repainted_mask_that_is_measured_in_its_own_folder_is_written_as_it_is(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    export(tmp_path, mask, plan, "first")
    write_mask(tmp_path / "masks" / "first_mask.tif", 3 - mask, plan.classes, overwrite=True)
    assert export(tmp_path, 3 - mask, plan, "first") == ()


def test_only_masks_that_were_changed_and_hold_something_else_are_kept(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    results = [Result("first", mask)]
    layout, path = Layout(results, plan), tmp_path / "masks" / "first_mask.tif"
    with manifest.recording(tmp_path, layout.names(), lambda: [path]):
        write_mask(path, mask, plan.classes)
    assert kept_masks(results, tmp_path, layout) == {}
    write_mask(path, 3 - mask, plan.classes, overwrite=True)
    assert kept_masks(results, tmp_path, layout) == {"first": "masks/first_mask.tif"}
    assert kept_masks([Result("first", 3 - mask)], tmp_path, layout) == {}


def test_an_earlier_export_stays_whole_until_the_new_one_is_written(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    export(tmp_path, mask, plan, "first")
    before = names_in(tmp_path)
    (tmp_path / "masks" / "second_mask.tif").mkdir()  # so that its file cannot be written
    with pytest.raises(OutputError, match="second_mask"):
        export(tmp_path, mask, plan, "second")
    assert before <= names_in(tmp_path)


def test_two_names_of_one_file_are_one(tmp_path: Path) -> None:
    (tmp_path / manifest.MANIFEST).write_text(json.dumps({"program": "napari-csunet", "files": {"Alloy.csv": None}}))
    (tmp_path / "alloy.csv").write_text("new")
    if not (tmp_path / "Alloy.csv").exists():  # where a disk tells capitals apart
        (tmp_path / "Alloy.csv").hardlink_to(tmp_path / "alloy.csv")
    assert manifest.take_away(tmp_path, [tmp_path / "alloy.csv"]) == []
    assert (tmp_path / "Alloy.csv").exists()


def test_a_record_that_points_elsewhere_or_is_not_ours_removes_nothing(tmp_path: Path) -> None:
    folder, outside = tmp_path / "numbers", tmp_path / "thesis.txt"
    folder.mkdir()
    outside.write_text("years of work")
    (folder / "masks").symlink_to(tmp_path, target_is_directory=True)
    (folder / "..\\thesis.txt").write_text("a path of its own where \\ divides folders")
    names = ["../thesis.txt", str(outside), ".", "masks/thesis.txt", "..\\thesis.txt"]
    for content in (json.dumps({"program": "napari-csunet", "files": dict.fromkeys(names)}), "[]", "{", '{"files": 3}'):
        (folder / manifest.MANIFEST).write_text(content)
        assert manifest.take_away(folder) == []
    assert outside.exists()
    assert (folder / "..\\thesis.txt").exists()


def test_masks_are_written_as_ome_zarr_with_their_micrograph(
    tmp_path: Path, mask: npt.NDArray[np.uint8], plan: ExportPlan
) -> None:
    values = np.stack([mask, mask[::-1]])
    picture = Micrograph.from_array(values * 50, "alloy")
    zarred = replace(plan, mask_format=MaskFormat.OME_ZARR)
    result = Result("alloy", values, picture, PixelSize(10, 20))
    *_, last = export_results([result, Result("bare", values, None, PixelSize(10, 20))], tmp_path, zarred)
    for name, pixels in (("alloy", values * 50), ("bare", values)):
        group: Any = zarr.open_group(tmp_path / "masks" / f"{name}.ome.zarr", mode="r")
        assert np.array_equal(group[f"{MASK}/0"][:], values)
        assert np.array_equal(group["0"][:], pixels)
        scale = group.attrs["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"]
        assert scale[-2:] == [10, 20]
    assert read_classes(tmp_path / "masks" / "alloy.ome.zarr") == plan.classes
    assert tmp_path / "masks" / "alloy.ome.zarr" in last.files
    assert manifest.take_away(tmp_path) == []
    assert not (tmp_path / "masks").exists()
