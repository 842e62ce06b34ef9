"""Fine-tuning: it learns, it can be stopped, it repeats itself, and it gets out of trouble by itself."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from napari_csunet.checkpoint import load_checkpoint
from napari_csunet.classes import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.errors import LabelError, OutputError
from napari_csunet.inference.prediction import predict, probability_of
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.model.weight_loading import load_encoder_weights
from napari_csunet.model.zoo import build_model, model_config
from napari_csunet.reports import PreviewRequest, Progress, TrainingReport
from napari_csunet.training import validation
from napari_csunet.training.fine_tuning import fine_tune
from napari_csunet.training.optimisation import Optimisation

pytestmark = pytest.mark.usefixtures("small_network")

CLASSES = ClassTable.parse("1=matrix,2=particle")
QUICK = TrainingConfig(steps=4, patch_size=64, batch_size=2, device="cpu", reduction=1)


@pytest.fixture
def labelled() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """A bright disc on a dark ground, and its full mask."""
    y, x = np.mgrid[:96, :96]
    mask = np.where((y - 48) ** 2 + (x - 48) ** 2 < 900, 2, 1).astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 1500, mask.shape)
    return (mask * 15000.0 + noise).astype(np.uint16), mask


def run(labelled: Any, out: Path, config: TrainingConfig = QUICK, **options: Any) -> list[TrainingReport]:
    return list(fine_tune([labelled[0]], [labelled[1]], CLASSES, config, out=out, **options))


def test_a_run_reports_from_start_to_verdict_and_leaves_a_checkpoint(labelled: Any, tmp_path: Path) -> None:
    reports = run(labelled, tmp_path / "a.safetensors")
    assert [report.kind for report in reports if report.kind not in ("step", "validation")] == ["started", "finished"]
    assert [report.step for report in reports if report.kind == "step"] == [1, 2, 3, 4]
    assert "mean IoU" in reports[-1].message
    provenance = load_checkpoint(tmp_path / "a.safetensors").provenance
    assert provenance.metrics["measured_on"] == "held-out regions"
    assert provenance.label_sha256.keys() == {"micrograph 1"}


def test_a_slow_download_is_told_and_takes_nothing_from_the_minutes(
    labelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any) -> Iterator[Progress]:
        yield Progress(1, 2, 0.5, 0.5)
        time.sleep(1)

    monkeypatch.setattr("napari_csunet.training.fine_tuning.fetching", slow)
    begin = time.monotonic()
    reports = iter(fine_tune([labelled[0]], [labelled[1]], CLASSES, QUICK, out=tmp_path / "a.safetensors"))
    assert next(reports).kind == "download"
    started = next(reports)
    assert started.kind == "started"
    assert started.progress.elapsed_s <= time.monotonic() - begin - 1


@pytest.mark.parametrize("weight", ["affinity", "teaching"])
def test_unlabelled_pixels_count_where_labels_are_strokes(labelled: Any, tmp_path: Path, weight: str) -> None:
    strokes = np.zeros_like(labelled[1])
    strokes[4:8], strokes[44:52, 40:56] = labelled[1][4:8], labelled[1][44:52, 40:56]
    without = QUICK.model_copy(update={"affinity": 0.0, "teaching": 0.0, "validation_share": 0.0})
    losses = [
        [report.loss for report in run((labelled[0], strokes), tmp_path / f"{i}.safetensors", config)][-3]
        for i, config in enumerate((without, without.model_copy(update={weight: 1.0})))
    ]
    assert losses[1] > losses[0]


def test_it_finds_a_scale_to_work_at_says_so_and_keeps_it_in_the_checkpoint(tmp_path: Path) -> None:
    mask = np.repeat(np.arange(1, 3, dtype=np.uint8), 256)[:, None].repeat(256, axis=1)
    image = mask + 8 * np.random.default_rng(0).normal(size=mask.shape)
    config = QUICK.model_copy(update={"reduction": None})
    told = [report.message for report in run((image, mask), tmp_path / "a.safetensors", config)]
    checkpoint = load_checkpoint(tmp_path / "a.safetensors")
    assert checkpoint.provenance.reduction == 2
    assert "Working at 1/2 of the resolution." in told
    assert predict(checkpoint, image).mask.shape == mask.shape


@pytest.mark.parametrize("region", [(slice(0, 2), slice(1, 2)), (slice(254, 257), slice(0, 257))])
def test_a_preview_of_a_few_pixels_works_at_a_coarser_scale(region: tuple[slice, slice], tmp_path: Path) -> None:
    mask = np.repeat(np.arange(1, 3, dtype=np.uint8), 129)[:257, None].repeat(257, axis=1)
    config = QUICK.model_copy(update={"reduction": 8})
    reports = fine_tune([mask * 10.0], [mask], CLASSES, config, out=tmp_path / "a.safetensors")
    while next(reports).kind != "started":
        pass
    previews = [reports.send(PreviewRequest(0, 0, region)) for _ in range(3)]
    shown = [report.preview for report in previews if report.preview is not None]
    assert shown
    assert min(shown[0].mask.shape) >= 8


def test_labels_that_vanish_at_the_working_scale_are_told(tmp_path: Path) -> None:
    mask = np.ones((256, 256), np.uint8)
    mask[100] = 2
    with pytest.raises(LabelError, match="labels of particle are too thin"):
        run((mask * 10.0, mask), tmp_path / "a.safetensors", QUICK.model_copy(update={"reduction": 8}))


def test_it_learns(labelled: Any, tmp_path: Path) -> None:
    config = QUICK.model_copy(update={"steps": 40, "learning_rate": 5e-3, "averaging": 0.8})
    run(labelled, tmp_path / "a.safetensors", config)
    mask = predict(load_checkpoint(tmp_path / "a.safetensors"), labelled[0]).mask
    assert (mask == labelled[1]).mean() > 0.95


def test_the_same_seed_gives_the_same_result(labelled: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(labelled, tmp_path / f"{name}.safetensors")
    first, second = (load_checkpoint(tmp_path / f"{name}.safetensors").state for name in ("a", "b"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_stopping_keeps_a_usable_checkpoint(labelled: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    reports = fine_tune([labelled[0]], [labelled[1]], CLASSES, QUICK, out=path)
    while next(reports).step < 1:
        pass
    reports.close()
    assert load_checkpoint(path).build_model()


@pytest.mark.slow
def test_a_budget_in_minutes_is_kept(labelled: Any, tmp_path: Path) -> None:
    config = QUICK.model_copy(update={"steps": None, "minutes": 0.15})
    start = time.monotonic()
    reports = run(labelled, tmp_path / "a.safetensors", config)
    assert reports[-1].kind == "finished"
    assert 0.8 * 9 < time.monotonic() - start < 1.05 * 9  # what is kept back for saving weighs much in 9 s


def test_strokes_are_enough_and_other_values_do_not_train(labelled: Any, tmp_path: Path) -> None:
    strokes = np.zeros_like(labelled[1])
    strokes[44:50, 30:60], strokes[5:9, 10:80], strokes[80:90, :5] = 2, 1, 77
    run((labelled[0], strokes), tmp_path / "a.safetensors")


def test_given_validation_micrographs_are_judged(labelled: Any, tmp_path: Path) -> None:
    held_out = ([labelled[0]], [labelled[1]])
    reports = run(labelled, tmp_path / "a.safetensors", validation=held_out)
    scores = reports[-1].scores
    assert scores is not None
    assert sum(one.pixels for one in scores.per_class.values()) == labelled[1].size


def test_micrographs_of_different_size_and_kind_train_together(labelled: Any, tmp_path: Path) -> None:
    image, mask = labelled
    colour = np.stack([image[:50], image[:50] // 2, image[:50] // 3], axis=-1)
    stack = np.stack([image[:40, :30].astype(np.float32)] * 2)
    micrographs = [Micrograph.from_array(one, name, PixelSize(24, 24)) for one, name in ((colour, "c"), (stack, "s"))]
    labels = [mask[:50], np.stack([mask[:40, :30]] * 2)]
    list(fine_tune(micrographs, labels, CLASSES, QUICK, out=tmp_path / "a.safetensors"))
    provenance = load_checkpoint(tmp_path / "a.safetensors").provenance
    assert (provenance.model.in_channels, provenance.pixel_size_nm) == (3, (24, 24))


def test_a_preview_answers_a_request(labelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = fine_tune([labelled[0]], [labelled[1]], CLASSES, QUICK, out=tmp_path / "a.safetensors")
    next(reports)
    answers = [reports.send(PreviewRequest(0, 0, (slice(10, 50), slice(20, 90)))), *reports]
    preview = next(report.preview for report in answers if report.preview is not None)
    assert (preview.origin, preview.mask.shape) == ((10, 20), (40, 70))
    assert set(np.unique(preview.mask)) <= {1, 2}


def test_a_loss_that_is_not_a_number_rolls_back_and_says_so(
    labelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = Optimisation._forward_and_backward, []

    def sometimes_nan(self: Optimisation, share: float) -> float:
        calls.append(1)
        return math.nan if len(calls) == 2 else original(self, share)

    monkeypatch.setattr(Optimisation, "_forward_and_backward", sometimes_nan)
    reports = run(labelled, tmp_path / "a.safetensors")
    assert "last good state with a learning rate of 5.0e-04" in next(r.message for r in reports if r.kind == "notice")
    assert reports[-1].kind == "finished"


def test_memory_that_runs_out_leads_to_smaller_batches_and_is_told(
    labelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Optimisation._forward_and_backward

    def limited(self: Optimisation, share: float) -> float:
        if self.memory.batch_size > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, share)

    monkeypatch.setattr(Optimisation, "_forward_and_backward", limited)
    reports = run(labelled, tmp_path / "a.safetensors")
    assert "ran out of memory; going on with 1 patches" in next(r.message for r in reports if r.kind == "notice")


def test_a_checkpoint_can_be_continued_with_other_classes(labelled: Any, tmp_path: Path) -> None:
    run(labelled, tmp_path / "a.safetensors")
    three = ClassTable.parse("1=matrix,2=particle,3=pore")
    config = QUICK.model_copy(update={"steps": 1})
    start = tmp_path / "a.safetensors"
    list(fine_tune([labelled[0]], [labelled[1]], three, config, out=tmp_path / "b.safetensors", start_from=start))
    assert load_checkpoint(tmp_path / "b.safetensors").classes == three


def test_a_checkpoint_fills_every_part_of_a_new_network_whatever_its_cnn_encoder(labelled: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    run(labelled, path, QUICK.model_copy(update={"cnn_encoder": "resnet18", "steps": 1}))
    training = TrainingConfig(encoder_weights=str(path))
    network = model_config(training, in_channels=1, class_count=3)
    assert network.cnn_encoder == "resnet18"
    reports = load_encoder_weights(build_model(network), network, training)
    assert {report.encoder: report.matched_share for report in reports} == {"swin": 1, "cnn": 1, "decoder": 1}


def test_a_class_without_labels_is_named_in_the_verdict(labelled: Any, tmp_path: Path) -> None:
    three = ClassTable.parse("1=matrix,2=particle,3=pore")
    reports = list(fine_tune([labelled[0]], [labelled[1]], three, QUICK, out=tmp_path / "a.safetensors"))
    assert "pore has no label, so it is never predicted" in reports[-1].message


def test_nothing_is_overwritten_and_nothing_is_written_for_bad_labels(labelled: Any, tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        run(labelled, tmp_path / "a.safetensors")
    with pytest.raises(LabelError, match="Only the class matrix"):
        run((labelled[0], np.ones_like(labelled[1])), tmp_path / "b.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_gradient_that_is_not_a_number_spoils_no_weights(
    labelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = Optimisation._forward_and_backward, []

    def with_a_bad_gradient(self: Optimisation, share: float) -> float:
        loss = original(self, share)
        calls.append(1)
        if len(calls) == 2:
            next(self._raw_model.parameters()).grad = torch.full_like(next(self._raw_model.parameters()), math.nan)
        return loss

    monkeypatch.setattr(Optimisation, "_forward_and_backward", with_a_bad_gradient)
    reports = run(labelled, tmp_path / "a.safetensors")
    assert any("diverged" in report.message for report in reports)
    state = load_checkpoint(tmp_path / "a.safetensors").state
    assert all(tensor.isfinite().all() for tensor in state.values())


def test_memory_that_runs_out_in_validation_is_got_around(
    labelled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = probability_of

    def limited(model: Any, pixels: Any, memory: Any) -> Any:
        if len(pixels) > 64:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(model, pixels, memory)

    monkeypatch.setattr(validation, "probability_of", limited)
    monkeypatch.setattr(validation, "SMALLEST_SIDE", 16)
    assert run(labelled, tmp_path / "a.safetensors")[-1].scores is not None


def test_values_outside_the_class_table_are_told(labelled: Any, tmp_path: Path) -> None:
    labels = labelled[1].copy()
    labels[:3] = 77
    notices = [report.message for report in run((labelled[0], labels), tmp_path / "a.safetensors")]
    assert "The labels hold values that are not in the class table and do not train: 77." in notices
