"""The folder of an export: complete, readable by others, true, and never over what is there."""

from __future__ import annotations

import errno
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tifffile
from openpyxl import load_workbook

from napari_csunet import ClassTable, Micrograph, PixelSize, read_labels
from napari_csunet.errors import LabelError, MicrographError, OutputError
from napari_csunet.export.exporting import ExportReport, export_results
from napari_csunet.export.methods import methods_paragraph
from napari_csunet.export.record import record
from napari_csunet.export.references import Citations
from napari_csunet.export.results import ExportPlan, Origin, Result
from napari_csunet.export.study import Study
from napari_csunet.export.workbook import number_format, workbook
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.cleaning import Cleaning
from napari_csunet.measurement.summary import MeasurementPlan
from napari_csunet.micrographs.writing import MaskFormat

Mask = npt.NDArray[np.uint8]
CLASSES = ClassTable.from_names({1: "matrix", 2: "=γ′ <particle>"})
PLAN = ExportPlan(CLASSES, MeasurementPlan(objects=(2,), correlation=False), {2: Cleaning(split=0.7, smallest=3)})


def masks() -> list[Mask]:
    y, x = np.mgrid[:64, :96]
    centres = ((16, 20), (16, 38), (44, 34), (22, 66), (50, 80), (2, 50))
    inside = np.any([np.hypot(y - r, x - c) < 10 for r, c in centres], axis=0)
    first = np.where(inside, 2, 1).astype(np.uint8)
    return [first, first[::-1].copy()]


def results() -> list[Result]:
    """Two micrographs whose names differ in case alone; the second has a pixel that is no class."""
    first, second = masks()
    second[0, 0] = 7
    picture = Micrograph.from_array(np.where(first == 2, 200, 90).astype(np.uint8), "x", PixelSize(20, 25))
    unsure = np.zeros(second.shape, np.float32)
    return [
        Result("Alloy/1", first, picture, changed_pixels=12),
        Result("alloy/1", second, pixel_size=PixelSize(20, 25), uncertainty=unsure),
    ]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    *_, last = export_results(results(), tmp_path_factory.mktemp("export"), PLAN)
    return last


@pytest.fixture(scope="module")
def folder(done: ExportReport) -> Path:
    assert done.report is not None
    return done.report.parent


def test_where_nothing_was_split_no_pixel_is_looked_at_to_tell_what_is_notable(done: ExportReport) -> None:
    assert done.measured is not None
    broken = Result("broken", np.full((4, 4), 0.5))
    assert Study([broken], replace(PLAN, cleanings={}), done.measured).notices == []


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text("utf-8")


def test_the_folder_holds_everything_once(done: ExportReport, folder: Path) -> None:
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    named = {path.relative_to(folder).as_posix() for path in done.files}
    assert there - named == {"masks/Alloy_1_mask.classes.json", "masks/alloy_1-2_mask.classes.json"}
    assert len({name.casefold() for name in there}) == len(there)
    assert {"report.html", "results.xlsx", "area_fractions.csv", "summary.csv", "objects.csv", "classes.csv"} <= there
    assert {"masks/alloy_1-2_uncertainty.tif", "overlays/Alloy_1_overlay.png", "plots/area_fractions.svg"} <= there
    assert len(list((folder / "plots").iterdir())) == 6


def test_masks_open_in_imagej_with_their_size(folder: Path) -> None:
    with tifffile.TiffFile(folder / "masks" / "Alloy_1_mask.tif") as file:
        assert file.is_imagej
        assert file.imagej_metadata is not None
        assert file.imagej_metadata["unit"] == "um"
        assert file.series[0].axes == "YX"
        assert [file.pages.first.tags[f"{axis}Resolution"].value for axis in "XY"] == [(40, 1), (50, 1)]
    assert (read_labels(folder / "masks" / "Alloy_1_mask.tif") == masks()[0]).all()


def test_values_that_are_no_class_are_left_out_and_told(done: ExportReport, folder: Path) -> None:
    assert read_labels(folder / "masks" / "alloy_1-2_mask.tif")[0, 0] == CLASSES.excluded_value
    assert "0.016 % of the pixels hold 7" in done.notices[0]


def test_the_numbers_of_split_objects_are_those_of_the_table(folder: Path) -> None:
    numbers = read_labels(folder / "objects" / "Alloy_1_=γ′ _particle_.tif")
    table = pd.read_csv(folder / "objects.csv").query("micrograph == 'Alloy/1'")
    assert numbers.max() == len(table) == 6
    areas = [np.count_nonzero(numbers == label) * 20 * 25 * 1e-6 for label in table["label"]]
    assert table["area (µm²)"].tolist() == pytest.approx(areas, rel=1e-6)


def test_the_workbook_holds_the_tables_and_no_formula(folder: Path) -> None:
    sheets = pd.read_excel(folder / "results.xlsx", sheet_name=None)
    assert list(sheets) == ["Area fractions", "Summary", "Objects", "Classes", "How it was made"]
    assert sheets["Classes"]["name"].tolist() == list(CLASSES.class_names)
    assert len(sheets["Objects"]) == len(pd.read_csv(folder / "objects.csv"))


def test_lengths_of_a_table_have_their_unit_in_the_header_and_excel_reads_it(folder: Path) -> None:
    assert (folder / "objects.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    columns = list(pd.read_csv(folder / "objects.csv").columns)
    assert columns[:6] == ["micrograph", "class", "label", "row (px)", "column (px)", "area (µm²)"]
    assert {"equivalent_diameter (µm)", "orientation (°)", "circularity"} <= set(columns)
    assert "unit" not in columns
    assert list(pd.read_csv(folder / "area_fractions.csv").columns)[-1] == "area (µm²)"


def test_the_sheets_are_ready_to_read(folder: Path) -> None:
    sheet = load_workbook(folder / "results.xlsx")["Objects"]
    assert sheet.freeze_panes == "A2"
    assert sheet["F1"].value == "area (µm²)"
    assert sheet["F1"].font.bold
    assert sheet["F2"].number_format == "0.0000"
    assert sheet.column_dimensions["A"].width >= len("Alloy/1")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([0.4712], "0.0000"), ([12.3, 14.0], "0.00"), ([1.2e-6], "0.000E+00"), ([12900.0], "0"), ([], "0")],
)
def test_a_format_shows_four_digits(numbers: list[float], expected: str) -> None:
    assert number_format(numbers) == expected


def test_a_small_number_far_down_a_column_is_not_shown_as_0() -> None:
    sizes = pd.DataFrame({"area": [5000.0] * 300 + [0.02]})
    sheet = load_workbook(io.BytesIO(workbook({"objects": sizes}, [("what", "value")])))["Objects"]
    assert [sheet[cell].number_format for cell in ("A2", "A302")] == ["0", "0.00000"]


@pytest.mark.slow
def test_objects_that_a_mask_numbers_are_not_joined_where_they_touch(tmp_path: Path) -> None:
    numbers = np.kron(np.array([[1, 2], [3, 4]]), np.ones((9, 9), int))[:16, :16]
    numbers = np.pad(numbers, 4)
    classes = ClassTable.from_names({0: "background", 1: "grain"})
    plan = ExportPlan(classes, MeasurementPlan(objects=(1,), correlation=False))
    *_, last = export_results([Result("a", (numbers > 0).astype(np.uint8), instances=numbers)], tmp_path, plan)
    assert last.measured is not None
    assert len(last.measured.objects) == 4
    assert np.array_equal(tifffile.imread(tmp_path / "objects" / "a_grain.tif"), numbers)
    assert "Objects of grain are those that the masks number." in (tmp_path / "report.html").read_text("utf-8")


def test_the_report_needs_no_other_file(page: str) -> None:
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert {source.split(":")[0] for source in sources} == {"data", "https"}
    assert [s for s in sources if s.startswith("https")] == ["https://arxiv.org/abs/2308.13917"]
    assert "<particle>" not in page
    assert "γ′ &lt;particle&gt;" in page


def test_the_methods_say_what_was_done_and_nothing_else(page: str) -> None:
    methods = re.search('<p class="methods">(.*?)</p>', page, re.DOTALL)
    assert methods is not None
    for words in ("Masks of 2 micrographs (96 × 64 pixels", "regions smaller than 3 px", "watershed", "Lantuéjoul"):
        assert words in methods[1]
    for words in ("predicted", "databar", "thickness", "E112", "Two-point", "corrected by hand", "guard frame"):
        assert words not in methods[1]


def test_masks_of_several_models_name_each_and_one_that_is_gone_by_its_file(done: ExportReport) -> None:
    assert done.measured is not None
    first, second = (replace(one, mask=one.mask.clip(1, 2)) for one in results())
    study = Study(
        [replace(first, origin=Origin("alloy.safetensors", "0123456789abcdef", None)), second], PLAN, done.measured
    )
    told = dict(record(study))
    assert told["checkpoint (of Alloy/1)"] == "alloy.safetensors"
    assert "not recorded" in told["origin of the masks (of alloy/1)"]
    sentence = "Those of Alloy/1 were predicted with the model file alloy.safetensors (SHA-256 0123456789ab…)."
    assert sentence in methods_paragraph(study, Citations())


def test_citations_are_numbered_in_order_and_listed(page: str) -> None:
    cited = [int(n) for group in re.findall(r"\[([\d, ]+)\]", page.split("References")[0]) for n in group.split(",")]
    items = page.split('<ol class="references">')[1].count("<li>") - page.split('<ul class="files">')[1].count("<li>")
    assert list(dict.fromkeys(cited)) == list(range(1, items + 1))


def test_nothing_is_overwritten_unasked(folder: Path) -> None:
    before = (folder / "report.html").stat().st_mtime_ns
    with pytest.raises(OutputError, match="exists already"):
        next(iter(export_results(results(), folder, PLAN)))
    assert (folder / "report.html").stat().st_mtime_ns == before


def test_an_export_can_be_stopped_between_two_files(tmp_path: Path) -> None:
    reports = export_results(results(), tmp_path, PLAN)
    kinds = [next(reports).doing for _ in range(3)]
    reports.close()  # type: ignore[attr-defined]
    assert kinds == ["measuring", "writing the mask of Alloy/1", "drawing Alloy/1"]
    assert not (tmp_path / "report.html").exists()


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OutputError, match=r"The disk is full: .*overlay\.png was not written"):
        list(export_results(results()[:1], tmp_path, PLAN))
    assert not list((tmp_path / "overlays").iterdir())


def test_a_mask_without_objects_is_exported_as_ome_tiff_too(tmp_path: Path) -> None:
    mask = np.full((20, 24), 1, np.uint8)
    *_, last = export_results([Result("a", mask)], tmp_path, replace(PLAN, mask_format=MaskFormat.OME))
    assert last.report is not None
    with tifffile.TiffFile(tmp_path / "masks" / "a_mask.ome.tif") as file:
        assert (file.is_ome, file.series[0].axes) == (True, "YX")
    assert "Objects of" not in last.report.read_text("utf-8")


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    first, second = results()
    other = Micrograph.from_array(np.zeros((9, 9)), "other")
    for some, error, words in (
        ([], MicrographError, "no mask to export"),
        ([replace(first, micrograph=other)], MicrographError, "its micrograph"),
        ([replace(first, mask=-first.mask.astype(int))], LabelError, "no class value"),
        ([replace(first, mask=first.mask.astype(float) / 2)], LabelError, "no class value"),
        ([replace(second, uncertainty=np.zeros((3, 3), np.float32))], MicrographError, "uncertainty"),
        ([first, replace(second, pixel_size=None)], MicrographError, "no pixel size"),
    ):
        with pytest.raises(error, match=words):
            list(export_results(some, tmp_path / "new", PLAN))
    assert not list((tmp_path / "new").glob("**/*.tif"))


def test_a_class_that_leaves_no_guard_frame_is_told_and_the_others_are_measured() -> None:
    plan = ExportPlan(CLASSES, MeasurementPlan(correlation=False, border=Border.GUARD_FRAME))
    study = Study.of(results()[:1], plan)
    assert study.object_classes == ["=γ′ <particle>"]
    assert study.notices[-1].startswith("No object of matrix is counted: the largest leaves no room")
