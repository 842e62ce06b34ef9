"""Masks that go to disk band by band are the ones that prediction gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_csunet import Micrograph
from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, PredictionConfig, TrainingConfig
from napari_csunet.errors import OutputError
from napari_csunet.inference.prediction import predict
from napari_csunet.inference.zarr_batch import ZarrOutputs, predict_to_zarr
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.micrographs.writing import write_image
from napari_csunet.model.zoo import build_model

TINY = ModelConfig(cnn_encoder="mobilenet_v2", embedding=8, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), window=4)
TILES = PredictionConfig(tile=64, overlap=32, device="cpu", precision="float32")


@pytest.fixture
def checkpoint(classes: ClassTable) -> Checkpoint:
    provenance = Provenance(model=TINY, classes=classes, training=TrainingConfig())
    return Checkpoint(provenance, copied_state(build_model(TINY)))


@pytest.fixture
def path(tmp_path: Path, micrograph: Micrograph) -> Path:
    plane = np.tile(micrograph.pixels[0, ..., 0], (2, 1)).astype(np.float32)
    return write_image(tmp_path / "alloy.tif", np.stack([plane, plane.T.reshape(plane.shape)]), micrograph.pixel_size)


@pytest.mark.parametrize("reduction", [1, 2])
def test_bands_make_the_mask_that_prediction_makes(checkpoint: Checkpoint, path: Path, reduction: int) -> None:
    checkpoint.provenance = checkpoint.provenance.model_copy(update={"reduction": reduction})
    *_, last = predict_to_zarr(checkpoint, [path], ZarrOutputs(path.parent / "out"), TILES)
    mask = zarr.open_group(path.parent / "out" / "alloy.ome.zarr", mode="r")["labels/mask/0"]
    expected = predict(checkpoint, read_micrograph(path), TILES).mask
    np.testing.assert_array_equal(np.asarray(mask[:]), expected)  # type: ignore[index]
    assert last.area_fractions["particle"] == pytest.approx((expected == 2).mean())
    assert last.progress.share == 1


def test_a_folder_that_exists_stops_everything_before_it_begins(checkpoint: Checkpoint, path: Path) -> None:
    (path.parent / "alloy.ome.zarr").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        next(predict_to_zarr(checkpoint, [path], ZarrOutputs(path.parent)))


def test_stopping_leaves_nothing_behind(checkpoint: Checkpoint, path: Path) -> None:
    reports = predict_to_zarr(checkpoint, [path], ZarrOutputs(path.parent), TILES)
    next(report for report in reports if not report.message)
    reports.close()  # type: ignore[attr-defined]
    assert list(path.parent.iterdir()) == [path]


def test_the_databar_is_left_out(checkpoint: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_csunet.inference.zarr_batch.databar_rows", lambda _: slice(100, 128))
    list(predict_to_zarr(checkpoint, [path], replace(ZarrOutputs(path.parent), overwrite=True), TILES))
    mask = zarr.open_group(path.parent / "alloy.ome.zarr", mode="r")["labels/mask/0"]
    assert (np.asarray(mask[:, 100:]) == 0).all()  # type: ignore[index]
    assert (np.asarray(mask[:, :100]) > 0).all()  # type: ignore[index]
