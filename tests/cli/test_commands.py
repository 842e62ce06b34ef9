"""The command line as scripts see it: results on stdout, progress on stderr, one line for an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

import napari_csunet
from napari_csunet.checkpoint import load_checkpoint
from napari_csunet.cli import main
from napari_csunet.cli.adapt import adapted_to_files
from napari_csunet.cli.arguments import with_repeated_options
from napari_csunet.config import AdaptingConfig

pytestmark = pytest.mark.usefixtures("small_network")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two micrographs with dense masks, in the layout of a published data set."""
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    mask = (np.indices((64, 64)).sum(axis=0) // 16 % 2).astype(np.uint8)
    for i in range(2):
        image = (mask * 9000.0 + np.random.default_rng(i).normal(30000, 500, mask.shape)).astype(np.uint16)
        tifffile.imwrite(tmp_path / "images" / f"spot {i}#1.tif", image)
        tifffile.imwrite(tmp_path / "masks" / f"spot {i}#1_mask.tif", mask)
    return tmp_path


class Command:
    """Runs ``napari-csunet`` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.argv", ["napari-csunet", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = self._capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    def json(self, *arguments: object) -> Any:
        status, out, err = self(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def fine_tune(command: Command, folder: Path, *more: object) -> Any:
    return command.json(
        "fine-tune", folder / "images", "--labels", folder / "masks", "--out", folder / "a.csunet.safetensors",
        "--classes", "0=dark,1=bright", "--steps", 2, "--device", "cpu", *more,
    )  # fmt: skip


def test_the_whole_road_from_labels_to_numbers(command: Command, folder: Path) -> None:
    trained = fine_tune(command, folder)
    assert (trained["finished"], trained["steps"]) == (True, 2)
    predicted = command.json(
        "predict", trained["checkpoint"], folder / "images", "--out", folder / "out", "--uncertainty"
    )
    names = sorted(path.name for path in (folder / "out").glob("*.tif"))
    assert names == [f"spot {i}#1_{kind}.tif" for i in range(2) for kind in ("mask", "uncertainty")]
    assert sum(predicted["masks"]["spot 0#1"]["area_fractions"].values()) == pytest.approx(1)
    measured = command.json("measure", folder / "out" / "*_mask.tif", "--out", folder / "m", "--pixel-size", "12.5nm")
    assert sum(row["area_um2"] for row in measured["area_fractions"]) == pytest.approx(2 * (64 * 0.0125) ** 2)
    info = command.json("info", trained["checkpoint"])
    assert [entry["name"] for entry in info["classes"]["classes"]] == ["dark", "bright"]


def test_info_reads_like_a_description(command: Command, folder: Path) -> None:
    status, out, _ = command("info", fine_tune(command, folder)["checkpoint"])
    told = dict(line.split("  ", 1) for line in out.splitlines())
    assert status == 0
    assert told["classes"].strip() == "0 dark, 1 bright"
    assert "2 steps" in told["trained"]
    assert "{" not in out


def test_what_is_odd_about_a_micrograph_is_told_on_stderr(command: Command, folder: Path) -> None:
    path = folder / "images" / "spot 0#1.tif"
    sizes = {"PhysicalSizeX": 0.0, "PhysicalSizeY": 0.0}
    tifffile.imwrite(path, tifffile.imread(path), ome=True, metadata={"axes": "YX", **sizes})
    labels = ("--labels", folder / "masks", "--classes", "0=dark,1=bright", "--out", folder / "a.safetensors")
    status, out, err = command("fine-tune", folder / "images", *labels, "--steps", 1, "--device", "cpu")
    assert status == 0
    assert "spot 0#1: " in err
    assert "cannot be; it is ignored" in err
    assert "cannot be" not in out


def test_the_version_is_told(command: Command) -> None:
    assert command("--version") == (0, f"napari-csunet {napari_csunet.__version__}\n", "")


def test_a_folder_that_cannot_be_made_is_refused_before_the_checkpoint_is_read(command: Command, folder: Path) -> None:
    (folder / "file").write_text("in the way")
    status, _, err = command("predict", folder / "absent", folder / "images", "--out", folder / "file" / "out")
    assert (status, "is not a folder" in err) == (1, True)


def test_evaluate_prints_what_the_contract_names(command: Command, folder: Path) -> None:
    scores = command.json("evaluate", folder / "masks", folder / "masks", "--classes", "0=dark,1=bright")
    assert scores.keys() == {"pooled_iou", "mean_iou", "accuracy", "per_class", "confusion", "images"}
    assert scores["per_class"]["dark"] == {"iou": 1, "dice": 1, "precision": 1, "recall": 1, "pixels": 4096}
    assert list(scores["images"]) == ["spot 0#1", "spot 1#1"]


@pytest.mark.slow
def test_each_micrograph_is_left_out_once(command: Command, folder: Path) -> None:
    common = ("cross-validate", folder / "images", "--labels", folder / "masks", "--classes", "0=dark,1=bright")
    found = command.json(*common, "--steps", 1, "--device", "cpu", "--encoder-weights", "none")
    assert list(found["left_out"]) == ["spot 0#1", "spot 1#1"]
    values = [one["mean_iou"] for one in found["left_out"].values()]
    assert (found["mean_iou"], found["spread"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert found["left_out"]["spot 0#1"]["per_class"]["dark"]["pixels"] > 0


def test_results_are_never_overwritten_unasked(command: Command, folder: Path) -> None:
    checkpoint = fine_tune(command, folder)["checkpoint"]
    predict = ("predict", checkpoint, folder / "images", "--out", folder / "out")
    assert command(*predict)[0] == 0
    status, _, err = command(*predict)
    assert (status, "exists already" in err) == (1, True)
    assert command(*predict, "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("predict", "absent.safetensors", "images", "--out", "o"), "no checkpoint at"),
        (("evaluate", "masks", "nowhere"), "nowhere"),
        (("fine-tune", "images", "--labels", "one", "--out", "x.safetensors"), "spot 1#1"),
        (
            ("fine-tune", "images", "--labels", "masks", "--out", "x.safetensors", "--classes", "5=a,6=b"),
            "No labelled pixel",
        ),
        (
            (
                "fine-tune",
                "images",
                "--labels",
                "masks",
                "--out",
                "x.safetensors",
                "--classes",
                "0=a,1=b",
                "--device",
                "cuda:77",
            ),
            "cuda:77",
        ),
        (("fine-tune", "empty", "--labels", "masks", "--out", "x.safetensors"), "empty"),
        (("info", "images/spot 0#1.tif"), "not a checkpoint"),
    ],
)
def test_bad_input_is_one_line_that_names_it_and_status_1(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    (folder / "one").mkdir()
    (folder / "one" / "spot 0#1.tif").write_bytes((folder / "masks" / "spot 0#1_mask.tif").read_bytes())
    status, out, err = command(*arguments)
    assert (status, out) == (1, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("fine-tune",),
        ("predict", "--nonsense"),
        ("fine-tune", "a", "--labels", "b", "--out", "c", "--minutes", "-1"),
        ("fine-tune", "a", "--labels", "b", "--out", "c", "--steps", "2", "--minutes", "1"),
        ("fine-tune", "a", "--labels", "b", "--out", "c", "--preset", "huge"),
    ],
)
def test_wrong_usage_is_status_2(command: Command, arguments: tuple[str, ...]) -> None:
    assert command(*arguments)[0] == 2


@pytest.mark.parametrize(
    "name", ["", "demo", "fine-tune", "predict", "evaluate", "measure", "pretrain", "info", "open", "cross-validate"]
)
def test_every_command_has_help(command: Command, name: str) -> None:
    status, out, _ = command(*filter(None, [name]), "--help")
    assert (status, "Usage" in out) == (0, True)


@pytest.mark.slow
def test_own_weights_are_made_and_used(command: Command, folder: Path) -> None:
    mine = folder / "mine.safetensors"
    weights = command.json("pretrain", "synthetic", "--out", mine, "--steps", 1, "--device", "cpu")["weights"]
    checkpoint = fine_tune(command, folder, "--encoder-weights", weights)["checkpoint"]
    assert command.json("info", checkpoint)["encoder_weights"]["sha256"].keys() == {"swin", "cnn", "decoder"}


def test_options_take_several_values() -> None:
    given = ["fine-tune", "a", "b", "--labels", "c", "d", "--out", "e", "--labels", "f"]
    assert with_repeated_options(given) == [
        "fine-tune", "a", "b", "--labels", "c", "--labels", "d", "--out", "e", "--labels", "f",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_copy_of_the_checkpoint_adapts_to_the_micrographs_before_it_predicts(command: Command, folder: Path) -> None:
    checkpoint = Path(fine_tune(command, folder, "--steps", 60)["checkpoint"])
    before, out = checkpoint.read_bytes(), folder / "out"
    arguments = ("predict", checkpoint, folder / "images", "--out", out, "--adapt", 0.2, "--device", "cpu")
    status, printed, err = command(*arguments)
    adapted = out / "adapted.csunet.safetensors"
    assert (status, adapted.is_file()) == (0, True), err
    assert printed.splitlines()[-1] == f"{adapted}  adapted checkpoint"
    assert len(list(out.glob("*_mask.tif"))) == 2
    assert checkpoint.read_bytes() == before


def test_what_predicts_after_adapting_has_learnt_from_the_micrographs(command: Command, folder: Path) -> None:
    original = load_checkpoint(Path(fine_tune(command, folder)["checkpoint"]))
    config = AdaptingConfig(steps=2, device="cpu", least_agreement=0.0)
    paths = sorted((folder / "images").iterdir())
    adapted, told = adapted_to_files(original, paths, config, folder, overwrite=False)
    assert told == str(folder / "adapted.csunet.safetensors")
    assert any(not torch.equal(original.state[name], adapted.state[name]) for name in original.state)


def test_where_adapting_fails_an_earlier_adapted_checkpoint_goes(command: Command, folder: Path) -> None:
    checkpoint, stale = fine_tune(command, folder)["checkpoint"], folder / "out" / "adapted.csunet.safetensors"
    stale.parent.mkdir()
    stale.write_text("of an earlier run")
    arguments = (checkpoint, folder / "images", "--out", stale.parent, "--adapt", 1e-4, "--device", "cpu")
    predicted = command.json("predict", *arguments, "--overwrite")
    assert (predicted["adapted"], stale.exists(), len(predicted["masks"])) == (None, False, 2)
