"""``measure`` as people type it: masks of any kind to a folder, or one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_csunet import ClassTable, PixelSize, read_labels
from napari_csunet.classes import MicrographClass
from napari_csunet.cli import main, mask_meaning
from napari_csunet.cli.measure import MeasureOptions, results_and_plan
from napari_csunet.errors import CSUNetError
from napari_csunet.export.study import Study
from napari_csunet.export.tables import class_table
from napari_csunet.measurement.cleaning import Cleaning
from napari_csunet.measurement.typed_size import parse_pixel_size
from napari_csunet.micrographs.writing import write_mask

CLASSES = "1=matrix,2=pore"
GOLD = MicrographClass(value=2, name="pore", colour="#ffd700")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mask with one pore of 8 × 8 pixels, a speck, and its micrograph with a databar that the header knows."""
    mask = np.ones((64, 64), np.uint8)
    mask[10:18, 20:28] = mask[40, 40] = 2
    for name in ("masks", "images"):
        (tmp_path / name).mkdir()
    tifffile.imwrite(tmp_path / "masks" / "a.tif", mask)
    image = (mask * 90).astype(np.uint8)
    tifffile.imwrite(tmp_path / "images" / "a.tif", image, imagej=True, resolution=(50, 100), metadata={"unit": "um"})
    return tmp_path


def planned(folder: Path, **options: Any) -> Any:
    return results_and_plan(MeasureOptions([str(folder / "masks")], **{"classes": CLASSES, **options}))


def test_everything_is_written_and_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["measure", folder / "masks", "--images", folder / "images", "--out", folder / "out", "--json"]
    typed += ["--classes", CLASSES, "--particles", "pore", "2", "--smallest", "pore=4", "--largest-only", "matrix"]
    monkeypatch.setattr("sys.argv", ["napari-csunet", *map(str, typed)])
    with pytest.raises(SystemExit) as end:
        main()
    printed = json.loads(capsys.readouterr().out)
    assert not end.value.code
    assert printed.keys() == {"table", "area_fractions", "pooled", "report", "classes", "files", "notices"}
    rows = {row["class"]: row for row in printed["area_fractions"]}
    assert rows["pore"]["pixels"] == 64
    assert rows["pore"]["area_um2"] == pytest.approx(64 * 0.02 * 0.01)
    assert all(Path(path).is_file() for path in printed["files"])
    counts = [row["value"] for row in printed["pooled"] if row["quantity"] == "count"]
    assert counts == [1, 1]
    assert read_labels(folder / "out" / "masks" / "a_mask.tif")[40, 40] == 1


def test_pixels_may_be_given_by_height_and_width() -> None:
    assert parse_pixel_size("12.5 nm") == PixelSize(12.5, 12.5)
    assert parse_pixel_size("10x20nm") == parse_pixel_size("0.01µm x 20 nm") == PixelSize(10, 20)


def test_the_pixel_size_of_a_micrograph_counts_and_that_of_the_user_more(folder: Path) -> None:
    images = [str(folder / "images")]
    assert planned(folder, images=images)[0][0].scale == PixelSize(10, 20)
    assert planned(folder, images=images, pixel_size="7nm")[0][0].scale == PixelSize(7, 7)


def test_cleaning_options_become_one_cleaning_a_class(folder: Path) -> None:
    cleaning = [("smallest", ["pore=0.5um2"]), ("split", ["2=0.3"]), ("largest_only", ["matrix"])]
    _, plan = planned(folder, cleaning=cleaning, pixel_size="1um")
    assert plan.cleanings == {1: Cleaning(largest_only=True), 2: Cleaning(smallest=0.5, unit="µm²", split=0.3)}
    assert plan.measured.split == {2: 0.3}


def test_micrographs_without_a_mask_are_told_once_and_masks_without_a_micrograph_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = folder / "images" / "a.tif"
    for name in ("b", "c"):
        (image.with_name(f"{name}.tif")).write_bytes(image.read_bytes())
    (result,), _ = planned(folder, images=[str(folder / "images")])
    assert result.micrograph is not None
    assert capsys.readouterr().err == "2 micrographs without a mask, not measured: b.tif and c.tif.\n"
    image.unlink()
    with pytest.raises(CSUNetError, match=r"No micrograph belongs to .*a\.tif\. Give one of the same name"):
        planned(folder, images=[str(folder / "images")])


def test_masks_are_called_as_in_the_window_unless_two_would_share_a_name(folder: Path) -> None:
    masks, content = folder / "masks", (folder / "masks" / "a.tif").read_bytes()
    for name in ("a_labels", "b_mask"):
        (masks / f"{name}.tif").write_bytes(content)
    assert [result.name for result in planned(folder)[0]] == ["a", "a_labels", "b"]
    (masks / "a_labels_mask.tif").write_bytes(content)
    assert len({result.name for result in planned(folder)[0]}) == 4


def test_the_values_of_each_mask_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "masks" / "b.tif").write_bytes((folder / "masks" / "a.tif").read_bytes())
    read: list[str] = []

    def noted(path: Path) -> Any:
        read.append(path.name)
        return read_labels(path)

    monkeypatch.setattr(mask_meaning, "read_labels", noted)
    for classes in (None, CLASSES):
        read.clear()
        planned(folder, classes=classes)
        assert read == ["a.tif", "b.tif"]


def test_the_matrix_is_no_particle_unless_it_is_wanted(folder: Path) -> None:
    plans = [planned(folder, **options)[1].measured for options in ({}, {"particles": ["1", "2"]}, {"layers": ["1"]})]
    assert [(plan.objects, plan.layers) for plan in plans] == [((2,), ()), ((1, 2), ()), ((2,), (1,))]


def test_masks_that_number_their_objects_are_measured_as_particles_or_grains(folder: Path) -> None:
    numbers = np.kron(np.arange(16).reshape(4, 4), np.ones((16, 16), np.uint16)).astype(np.uint16)
    tifffile.imwrite(folder / "masks" / "a.tif", numbers)
    masks = [str(folder / "masks")]
    (result,), plan = results_and_plan(MeasureOptions(masks))
    assert result.instances is not None
    assert (plan.classes.values, plan.measured.instances_are_grains) == ((0, 1), True)
    _, plan = results_and_plan(MeasureOptions(masks, instances="particles"))
    assert plan.measured.objects == (1,)
    (result,), plan = results_and_plan(MeasureOptions(masks, classes="0=background,1=grain"))
    assert (result.instances is not None, plan.classes.class_names) == (True, ("background", "grain"))


def test_a_folder_with_an_export_is_refused_with_the_option_that_replaces_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "report.html").touch()
    monkeypatch.setattr("sys.argv", ["napari-csunet", "measure", str(folder / "masks"), "--out", str(folder / "out")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "report.html exists already. Choose another place, or replace what is there with --overwrite." in (
        capsys.readouterr().err
    )


def without_table(folder: Path, mask: Any, **options: Any) -> Any:
    tifffile.imwrite(folder / "masks" / "a.tif", mask)
    return results_and_plan(MeasureOptions([str(folder / "masks")], **options))


def test_zero_is_the_matrix_without_a_class_table_and_nothing_with_one(folder: Path) -> None:
    mask = read_labels(folder / "masks" / "a.tif") - 1
    _, plan = without_table(folder, mask)
    assert (plan.classes.class_names, plan.measured.objects) == (("background", "class 1"), (1,))
    assert plan.notices == (
        "The masks do not say what their values mean: each is a class of its own, and 0 is the background, measured as "
        "the matrix.",
    )
    (result,), plan = without_table(folder, mask, classes="1=pore")
    assert (plan.classes.values, plan.notices) == ((1,), ())
    assert "hold 0, which is no class" in result.notices[0]


def test_what_few_values_are_can_be_said_and_is_told_while_it_is_a_guess(folder: Path) -> None:
    numbers = np.zeros((64, 64), np.uint8)
    numbers[4:20, 4:20], numbers[30:50, 10:25], numbers[8:30, 40:60] = 1, 2, 3
    found = [without_table(folder, numbers, values=values)[1] for values in ("found", "classes", "objects")]
    assert [plan.classes.values for plan in found] == [(0, 1, 2, 3), (0, 1, 2, 3), (0, 1)]
    assert ["if they number objects, say so with --values objects" in plan.notices[0] for plan in found] == [
        True, False, False
    ]  # fmt: skip
    with pytest.raises(CSUNetError, match="--instances grains says that the masks number their objects, and --values"):
        without_table(folder, numbers, values="classes", instances="grains")


def test_classes_that_are_named_keep_the_colours_that_they_have_without_a_name(folder: Path) -> None:
    mask = read_labels(folder / "masks" / "a.tif")
    found = [without_table(folder, mask, classes=text)[1] for text in (None, "1=matrix,2=pore", "2=pore")]
    assert [plan.classes.colours[-1] for plan in found] == [found[0].classes.colours[1]] * 3
    write_mask(folder / "masks" / "a.tif", np.where(mask == 2, 2, 0), ClassTable(classes=(GOLD,)), overwrite=True)
    assert planned(folder, classes="2=γ′")[1].classes.colours == (GOLD.colour,)


def test_a_split_is_told_in_plain_words(folder: Path) -> None:
    y, x = np.mgrid[:64, :64]
    touching = np.where(np.minimum((x - 20) ** 2, (x - 38) ** 2) + (y - 30) ** 2 < 100, 2, 1).astype(np.uint8)
    tifffile.imwrite(folder / "masks" / "a.tif", touching)
    study = Study.of(*planned(folder, cleaning=[("split", ["pore=0.8"])]))
    told = "pore: touching objects were cut where narrower than 0.8 of the smaller part: 1 region became 2 objects."
    assert told in study.notices
    assert list(class_table(study)["measured_as"]) == ["matrix", "particles"]


def test_the_databar_is_left_out_unless_it_is_wanted(folder: Path) -> None:
    rows = np.full((64, 64), 10, np.uint8)
    rows[2:12:2, 3:60:4] = 240
    image = np.vstack([np.random.default_rng(0).normal(120, 25, (240, 64)).clip(40, 250), rows[:14]]).astype(np.uint8)
    tifffile.imwrite(folder / "images" / "a.tif", image)
    tifffile.imwrite(folder / "masks" / "a.tif", np.ones((254, 64), np.uint8))
    images = [str(folder / "images")]
    (result,), _ = planned(folder, images=images)
    (kept,), _ = planned(folder, images=images, keep_databar=True)
    assert np.count_nonzero(result.mask == 0) == 14 * 64
    assert "databar" in result.notices[0]
    assert (kept.mask == 1).all()


def test_classes_beside_the_masks_must_agree(folder: Path) -> None:
    mask = read_labels(folder / "masks" / "a.tif")
    for name, table in (("a", CLASSES), ("b", "1=matrix,2=oxide")):
        write_mask(folder / "masks" / f"{name}.tif", mask, ClassTable.parse(table), overwrite=True)
    with pytest.raises(CSUNetError, match="have different classes"):
        results_and_plan(MeasureOptions([str(folder / "masks")]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pixel_size": "0nm"}, "is not a pixel size"),
        ({"pixel_size": "3 furlongs"}, "is not a pixel size"),
        ({"pixel_size": "24x0nm"}, r"'24x0nm' is not a pixel size: the width is 0\. Write a length above 0"),
        ({"pixel_size": "1e-30nm"}, "is not a pixel size"),
        ({"particles": ["grain"]}, r"no class 'grain'. Choose among 1 \(matrix\), 2 \(pore\)"),
        ({"cleaning": [("split", ["pore"])]}, "Cannot read 'pore'"),
        ({"cleaning": [("split", ["pore=2"])]}, r"split cannot be 2\. Write a share from 0"),
        ({"cleaning": [("smooth", ["pore=2um2"])]}, "no unit"),
        ({"cleaning": [("smallest", ["pore=2um2"]), ("holes", ["pore=2px"])]}, "Use one unit"),
        ({"cleaning": [("smallest", ["pore=2um2"])]}, "without a pixel size"),
        ({"checkpoint": Path("absent.safetensors")}, "no checkpoint"),
        ({"instances": "grains"}, "have the classes 1=matrix, 2=pore, but --instances says"),
        ({"instances": "grains", "classes": None, "grain_boundary": "pore"}, "so no class is the boundary 'pore'"),
        ({"instances": "grains", "classes": None, "cleaning": [("smallest", ["object=4"])]}, "a.tif numbers its obj"),
    ],
)
def test_nonsense_is_one_sentence(folder: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(CSUNetError, match=words):
        planned(folder, **options)
