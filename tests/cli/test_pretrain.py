"""``napari-csunet pretrain`` as scripts see it."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from napari_csunet.cli import main
from napari_csunet.model.cnn_encoder import build_encoder
from napari_csunet.reports import TrainingReport

pytestmark = pytest.mark.usefixtures("small_network")

QUICK = ("--steps", 1, "--batch-size", 1, "--patch-size", 64, "--device", "cpu")
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def pretrain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command in this process; gives exit status, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["napari-csunet", "pretrain", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder of the classes "bright" and "dark", two PNG files each."""
    for name, level in (("bright", 200), ("dark", 60)):
        (tmp_path / "classes" / name).mkdir(parents=True)
        for i in range(2):
            pixels = np.random.default_rng(i).normal(level, 20, (64, 64)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "classes" / name / f"{name}{i}.png")
    return tmp_path


def result_of(done: tuple[int, str, str]) -> Any:
    status, out, err = done
    assert status == 0, err
    return json.loads(out)


def test_synthetic_writes_weights_and_says_how(pretrain: Command, folder: Path) -> None:
    result = result_of(pretrain("synthetic", "--out", folder / "mine.safetensors", *QUICK, "--json"))
    assert result["steps"] == 1
    assert result["finished"]
    assert Path(result["weights"]).is_file()


def test_self_supervised_takes_any_folder_of_micrographs(pretrain: Command, folder: Path) -> None:
    images = folder / "classes" / "dark"
    result = result_of(pretrain("self-supervised", images, "--out", folder / "mine.safetensors", *QUICK, "--json"))
    assert result["recipe"]["self-supervised"]["unlabelled"]["files"] == 2


def test_weights_that_fit_in_part_are_refused_unless_asked_for(pretrain: Command, folder: Path) -> None:
    some = {k: v for k, v in build_encoder("mobilenet_v2", 3).state_dict().items() if not k.startswith("features.17.")}
    torch.save(some, folder / "some.pth")
    synthetic = ("synthetic", "--out", folder / "mine.safetensors", *QUICK, "--encoder-weights", folder / "some.pth")
    status, _, err = pretrain(*synthetic)
    assert status == 1
    assert "79% of the cnn parameters" in err
    assert "--accept-partial-weights" in err
    assert result_of(pretrain(*synthetic, "--accept-partial-weights", "--json"))["starting_weights"]["cnn"]


def test_classify_reports_held_out_scores(pretrain: Command, folder: Path) -> None:
    classify = ("classify", folder / "classes", "--encoder", "cnn", "--out", folder / "mine.safetensors")
    result = result_of(pretrain(*classify, *QUICK, "--json"))
    assert set(result["scores"]) == {"top_1", "top_5"}
    assert result["scores"]["top_5"] == 1
    assert list(result["recipe"]["classify"]["classes"]) == ["bright", "dark"]


def test_mixed_shares_are_relative(pretrain: Command, folder: Path) -> None:
    images = folder / "classes" / "dark"
    mixed = ("mixed", "--synthetic", 1, "--unlabelled", images, "--unlabelled-share", 3)
    result = result_of(pretrain(*mixed, "--out", folder / "mine.safetensors", *QUICK, "--json"))
    assert {name: one["share"] for name, one in result["recipe"].items()} == {
        "synthetic": 0.25,
        "self-supervised": 0.75,
    }


def test_a_finished_run_that_is_to_go_on_is_said_to_be_finished(pretrain: Command, folder: Path) -> None:
    synthetic = ("synthetic", "--out", folder / "mine.safetensors", *QUICK)
    assert pretrain(*synthetic)[0] == 0
    status, _, err = pretrain(*synthetic, "--continue")
    assert status == 1
    assert "mine.safetensors is finished" in err


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Programs that a shell starts in the background ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("after", "told"), [(0, "Nothing was learnt yet"), (1, "has what was learned; the same")])
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_says_what_is_kept(
    pretrain: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, after: int, told: str
) -> None:
    def interrupted(reports: Iterator[TrainingReport], _: str) -> Iterator[TrainingReport]:
        for report in reports:
            yield report
            if report.step == after:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("napari_csunet.cli.pretrain.with_progress_bar", interrupted)
    status, _, err = pretrain("synthetic", "--out", folder / "mine.safetensors", *QUICK)
    assert status == 130
    assert told in err
    assert (folder / "mine.safetensors").is_file() is bool(after)


def test_the_list_names_every_kind_of_weights(pretrain: Command) -> None:
    names = {row["name"] for row in result_of(pretrain("--list", "--json"))["weights"]}
    assert {"bundled", "imagenet", "micronet", "imagenet-micronet", "microlite"} <= names


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("self-supervised", "classes"), "classes is a folder without images"),
        (("classify", "classes/dark"), "holds 0 folders"),
        (("mixed", "--synthetic", 0), "share above 0"),
        (("synthetic", "--encoder-weights", "absent.pth"), "absent.pth"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    pretrain: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], complaint: str
) -> None:
    monkeypatch.chdir(folder)
    status, out, err = pretrain(*arguments, "--out", "mine.safetensors", *QUICK)
    assert (status, out) == (1, "")
    assert complaint in err
    assert err.strip().count("\n") == 0
    assert [path.name for path in folder.iterdir()] == ["classes"]


def test_an_existing_file_is_refused_before_anything_is_read(pretrain: Command, folder: Path) -> None:
    (folder / "mine.safetensors").write_bytes(b"precious")
    status, _, err = pretrain("self-supervised", "nowhere", "--out", folder / "mine.safetensors")
    assert status == 1
    assert "exists already" in err
