"""A pretraining: its files, going on after a kill, and what is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from napari_csunet.config import PretrainingConfig, TrainingConfig
from napari_csunet.errors import CheckpointError, CSUNetError, OutputError
from napari_csunet.model.weight_loading import load_encoder_weights
from napari_csunet.model.weights_metadata import weights_metadata
from napari_csunet.model.weights_reading import load_safe
from napari_csunet.model.zoo import build_model, model_config
from napari_csunet.training.pretraining import Recipe, SelfSupervised, Synthetic, pretrain, read_pool
from napari_csunet.training.pretraining.resume_file import resume_path
from napari_csunet.training.pretraining.weights_file import write_weights

pytestmark = pytest.mark.usefixtures("small_network")

KILLED = """
import sys, torch
from pathlib import Path
from napari_csunet.config import PretrainingConfig
from napari_csunet.model import zoo
from napari_csunet.training.pretraining import Recipe, SelfSupervised, pretrain, read_pool
torch.set_num_threads(1)
zoo.PRESETS["small"] = eval(sys.argv[4])
config = PretrainingConfig.model_validate_json(sys.argv[3])
recipe = Recipe({SelfSupervised(read_pool([sys.argv[1]])): 1.0})
for report in pretrain(recipe, config, out=sys.argv[2]):
    print(report.kind, report.step, flush=True)
"""


def recipe_of(pictures: Path) -> Recipe:
    return Recipe({SelfSupervised(read_pool([pictures])): 1.0})


def run(recipe: Recipe, config: PretrainingConfig, out: Path, resume: bool = False) -> list[str]:
    return [report.kind for report in pretrain(recipe, config, out=out, resume=resume)]


def run_until(step: int, recipe: Recipe, config: PretrainingConfig, out: Path, resume: bool = False) -> list[str]:
    """As ``run``, stopped after a step, so that the state to go on from stays."""
    kinds: list[str] = []
    reports = pretrain(recipe, config, out=out, resume=resume)
    for report in reports:
        kinds.append(report.kind)
        if report.step == step:
            reports.close()
    return kinds


def test_the_weights_load_by_path_into_both_encoders_and_the_decoder(tmp_path: Path, quick: PretrainingConfig) -> None:
    out = tmp_path / "mine.safetensors"
    assert run(Recipe({Synthetic(): 1.0}), quick, out) == ["started", "step", "step", "finished"]
    training = TrainingConfig(encoder_weights=str(out))
    config = model_config(training, in_channels=3, class_count=2)
    loaded = load_encoder_weights(build_model(config), config, training)
    assert {one.encoder: one.matched_share for one in loaded} == {"swin": 1, "cnn": 1, "decoder": 1}


def test_the_weights_say_how_they_were_made(tmp_path: Path, quick: PretrainingConfig) -> None:
    run(Recipe({Synthetic(): 2.0}), quick, tmp_path / "mine.safetensors")
    record = weights_metadata(tmp_path / "mine.safetensors")
    assert (record["steps"], record["images"], record["config"]["seed"]) == (2, 4, 0)
    assert record["recipe"]["synthetic"]["share"] == 1
    assert record["versions"]["torch"] == torch.__version__.partition("+")[0]


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, pictures: Path, quick: PretrainingConfig
) -> None:
    from napari_csunet.model import zoo

    config = quick.model_copy(update={"steps": 13})
    often = config.model_copy(update={"save_minutes": 1e-3})
    whole, killed = tmp_path / "whole.safetensors", tmp_path / "killed.safetensors"
    arguments = [str(pictures), str(killed), often.model_dump_json(), repr(zoo.PRESETS["small"])]
    with subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not (process.stdout.readline().startswith("step") and resume_path(killed).is_file()):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    reached = torch.load(resume_path(killed), weights_only=True)["step"]
    assert 0 < reached < 12
    assert run_until(12, recipe_of(pictures), config, killed, resume=True).count("step") == 12 - reached
    run_until(12, recipe_of(pictures), config, whole)
    first, second = (torch.load(resume_path(one), weights_only=True) for one in (whole, killed))
    assert all(torch.equal(first["averaged"][name], second["averaged"][name]) for name in first["averaged"])


def test_going_on_with_other_settings_names_what_differs(tmp_path: Path, quick: PretrainingConfig) -> None:
    out, recipe = tmp_path / "mine.safetensors", Recipe({Synthetic(): 1.0})
    run_until(1, recipe, quick, out)
    with pytest.raises(CheckpointError, match=r"learning_rate was 0\.001, is now 0\.0002"):
        run(recipe, quick.model_copy(update={"learning_rate": 2e-4}), out, resume=True)


def test_going_on_with_other_micrographs_names_them(tmp_path: Path, pictures: Path, quick: PretrainingConfig) -> None:
    out = tmp_path / "mine.safetensors"
    run_until(1, recipe_of(pictures), quick, out)
    (pictures / "0.tif").unlink()
    with pytest.raises(CheckpointError, match=r"unlabelled\.files was 3, is now 2"):
        run(recipe_of(pictures), quick, out, resume=True)


def test_stopping_early_keeps_what_was_learned(tmp_path: Path, quick: PretrainingConfig) -> None:
    reports = pretrain(Recipe({Synthetic(): 1.0}), quick, out=tmp_path / "mine.safetensors")
    assert [next(reports).kind, next(reports).kind] == ["started", "step"]
    reports.close()
    assert weights_metadata(tmp_path / "mine.safetensors")["steps"] == 1


def test_an_interrupt_keeps_what_was_learned(tmp_path: Path, quick: PretrainingConfig) -> None:
    reports = pretrain(Recipe({Synthetic(): 1.0}), quick, out=tmp_path / "mine.safetensors")
    assert [next(reports).kind, next(reports).kind] == ["started", "step"]
    with pytest.raises(KeyboardInterrupt):
        reports.throw(KeyboardInterrupt)
    assert weights_metadata(tmp_path / "mine.safetensors")["steps"] == 1
    assert resume_path(tmp_path / "mine.safetensors").is_file()


def test_a_finished_run_leaves_its_weights_alone(tmp_path: Path, quick: PretrainingConfig) -> None:
    run(Recipe({Synthetic(): 1.0}), quick, tmp_path / "mine.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]


def test_existing_weights_are_not_overwritten_unasked(tmp_path: Path, quick: PretrainingConfig) -> None:
    (tmp_path / "mine.safetensors").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        run(Recipe({Synthetic(): 1.0}), quick, tmp_path / "mine.safetensors")


def test_an_unfinished_run_is_not_thrown_away_unasked(tmp_path: Path, quick: PretrainingConfig) -> None:
    resume_path(tmp_path / "mine.safetensors").write_bytes(b"precious")
    with pytest.raises(OutputError, match="Add --continue"):
        run(Recipe({Synthetic(): 1.0}), quick, tmp_path / "mine.safetensors")


def test_a_damaged_state_is_refused(tmp_path: Path, quick: PretrainingConfig) -> None:
    resume_path(tmp_path / "mine.safetensors").write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match="damaged"):
        run(Recipe({Synthetic(): 1.0}), quick, tmp_path / "mine.safetensors", resume=True)


def test_a_recipe_needs_a_share_above_zero() -> None:
    with pytest.raises(CSUNetError, match="share above 0"):
        Recipe({Synthetic(): 0.0})


def test_weights_to_start_from_are_downloaded_first_and_closing_stops_that(
    tmp_path: Path, quick: PretrainingConfig, trickling_micronet: Path
) -> None:
    config = quick.model_copy(update={"encoder_weights": "micronet"})
    reports = pretrain(Recipe({Synthetic(): 1.0}), config, out=tmp_path / "mine.safetensors")
    first, second = next(reports), next(reports)
    reports.close()
    assert first.kind == second.kind == "download"
    assert 0 < first.progress.done < second.progress.done < second.progress.total == 2**34
    assert list(trickling_micronet.iterdir()) == []
    assert not (tmp_path / "mine.safetensors").exists()


def test_values_beyond_half_precision_are_kept_in_whole(tmp_path: Path) -> None:
    network: Any = build_model(
        model_config(TrainingConfig(encoder_weights="none"), in_channels=1, class_count=2)
    ).network
    variance = network.cnn_encoder.encoder.features[0][1].running_var.fill_(1e6)
    write_weights(tmp_path / "mine.safetensors", network, frozenset({"cnn"}), {})
    written = load_safe(tmp_path / "mine.safetensors")
    assert torch.equal(written["network.cnn_encoder.encoder.features.0.1.running_var"], variance)
    assert written["network.cnn_encoder.encoder.features.0.0.weight"].dtype == torch.float16
