"""Models that leave the program give what the checkpoint gives, and say what they need."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from napari_csunet import Micrograph
from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state, load_checkpoint, versions
from napari_csunet.classes import ClassTable
from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.errors import CSUNetError, OutputError
from napari_csunet.export import onnx_model
from napari_csunet.export.model_export import ModelReport, export_model, model_path
from napari_csunet.export.model_format import ModelFormat, check_installed
from napari_csunet.export.model_package import package_name
from napari_csunet.export.model_words import documentation
from napari_csunet.export.sample_picture import sample_picture
from napari_csunet.export.traceable import Traceable
from napari_csunet.micrographs.writing import write_image
from napari_csunet.model.zoo import build_model

TINY = ModelConfig(
    cnn_encoder="mobilenet_v2", embedding=8, depths=(2, 2, 1, 1), heads=(1, 2, 2, 4), window=4, detail=True
)
TABLE = ClassTable.parse("0=matrix,3=secondary pore")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    provenance = Provenance(
        model=TINY, classes=TABLE, training=TrainingConfig(), pixel_size_nm=(20, 20), reduction=2, versions=versions()
    )
    made = Checkpoint(provenance, copied_state(build_model(TINY)))
    return load_checkpoint(made.save(tmp_path / "alloy.csunet.safetensors"))


@pytest.mark.parametrize("size", [(64, 96), (33, 50), (40, 129)])
def test_the_traceable_network_gives_the_probability_of_the_network(
    checkpoint: Checkpoint, size: tuple[int, int]
) -> None:
    image = torch.rand(2, 1, *size)
    with torch.inference_mode():
        expected = checkpoint.build_model()(image).softmax(dim=1)
        assert torch.allclose(Traceable(checkpoint.build_model())(image), expected, atol=1e-5)


def test_sample_pictures_are_normalised_as_in_prediction_and_at_the_working_scale(checkpoint: Checkpoint) -> None:
    picture = sample_picture(checkpoint.provenance, "particles", (100, 90))
    assert picture.raw.shape == picture.normalised.shape == (1, 100, 90)
    clipped = np.clip(picture.raw, *np.percentile(picture.raw, [0.5, 99.5]))
    np.testing.assert_allclose(picture.normalised, (clipped - clipped.mean()) / clipped.std(), atol=1e-4)


def test_the_documentation_names_classes_working_scale_and_pixel_size(checkpoint: Checkpoint) -> None:
    text = documentation(checkpoint.provenance)
    assert "| 1 | 3 | secondary pore |" in text
    assert "block of 2 × 2 pixels by its mean" in text
    assert "40 nm/px" in text
    assert "was not validated" in text


def test_a_folder_gets_a_file_named_for_the_checkpoint(tmp_path: Path) -> None:
    checkpoint = Path("alloy.csunet.safetensors")
    assert model_path(tmp_path, checkpoint, ModelFormat.BIOIMAGEIO) == tmp_path / "alloy.bioimageio.zip"
    assert model_path(tmp_path / "my.onnx", checkpoint, ModelFormat.ONNX) == tmp_path / "my.onnx"
    with pytest.raises(OutputError, match=r"End it in \.zip"):
        model_path(tmp_path / "my.onnx", checkpoint, ModelFormat.BIOIMAGEIO)


def test_names_are_spelled_in_the_letters_that_the_format_takes() -> None:
    assert package_name("γ′") == "CS-UNet"
    assert package_name("alloy 718/aged") == "alloy 718 aged"


def test_another_answer_than_the_checkpoints_is_refused() -> None:
    onnx_model.check_difference(0.00009, "a.onnx")
    with pytest.raises(OutputError, match=r"a\.onnx was not written: .* by up to 0\.0002 on the sample"):
        onnx_model.check_difference(0.0002, "a.onnx")
    with pytest.raises(OutputError, match="nan"):
        onnx_model.check_difference(float("nan"), "a.onnx")


def test_missing_packages_are_named_with_the_way_to_install_them() -> None:
    words = r'needs absent, other and absent\.part: .*pip install "napari-csunet\[models\]"'
    with pytest.raises(CSUNetError, match=words):
        check_installed(("torch", "absent", "other", "absent.part"))


def exported(checkpoint: Checkpoint, out: Path, form: ModelFormat) -> ModelReport:
    *_, last = export_model(checkpoint, out, form)
    return last


@pytest.fixture
def onnxruntime() -> Any:
    pytest.importorskip("onnx")
    return pytest.importorskip("onnxruntime")


@pytest.mark.slow
def test_an_onnx_file_agrees_at_sizes_it_was_not_made_with(
    checkpoint: Checkpoint, tmp_path: Path, onnxruntime: Any
) -> None:
    last = exported(checkpoint, tmp_path / "a.onnx", ModelFormat.ONNX)
    assert last.difference is not None
    assert last.difference < 1e-4
    session = onnxruntime.InferenceSession(str(last.path))
    for size in ((2, 1, 32, 32), (1, 1, 77, 130)):
        image = torch.rand(size)
        with torch.inference_mode():
            expected = checkpoint.build_model()(image).softmax(dim=1).numpy()
        np.testing.assert_allclose(session.run(None, {"micrograph": image.numpy()})[0], expected, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["unet", "unetplusplus", "swin-unet"])
def test_the_networks_for_comparison_can_be_exported_too(architecture: str, tmp_path: Path, onnxruntime: Any) -> None:
    model = TINY.model_copy(update={"architecture": architecture, "in_channels": 3})
    provenance = Provenance(model=model, classes=TABLE, training=TrainingConfig())
    checkpoint = Checkpoint(provenance, copied_state(build_model(model)))
    assert exported(checkpoint, tmp_path / "a.onnx", ModelFormat.ONNX).path == tmp_path / "a.onnx"


@pytest.mark.slow
def test_a_file_that_would_differ_is_not_written(
    checkpoint: Checkpoint, tmp_path: Path, onnxruntime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_model, "TOLERANCE", -1.0)
    with pytest.raises(OutputError, match="was not written"):
        exported(checkpoint, tmp_path / "a.onnx", ModelFormat.ONNX)
    assert list(tmp_path.iterdir()) == [checkpoint.path]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_package_passes_the_tests_of_its_own_format(checkpoint: Checkpoint, tmp_path: Path, onnxruntime: Any) -> None:
    core = pytest.importorskip("bioimageio.core")
    path = exported(checkpoint, tmp_path, ModelFormat.BIOIMAGEIO).path
    assert path is not None
    summary = core.test_model(path, weight_format="onnx")
    assert summary.status == "passed", summary.format()
    names = {"rdf.yaml", "model.onnx", "test_input.npy", "test_output.npy", "cover.png", "README.md"}
    assert names <= set(zipfile.ZipFile(path).namelist())


def documented_lines(checkout: Path, number: int) -> str:
    text = (checkout / "docs" / "models.md").read_text("utf-8")
    return str(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[number])


def run_lines(lines: str) -> npt.NDArray[np.integer[Any]]:
    names: dict[str, Any] = {}
    exec(lines, names)
    mask: npt.NDArray[np.integer[Any]] = names["mask"]
    return mask


@pytest.fixture
def _beside_the_files(
    checkpoint: Checkpoint, micrograph: Micrograph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_image(tmp_path / "alloy.tif", np.tile(micrograph.pixels[0, ..., 0], (2, 1)).astype(np.float32))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_beside_the_files")
def test_the_three_documented_lines_make_a_mask(checkout: Path) -> None:
    lines = documented_lines(checkout, 0)
    assert len([line for line in lines.splitlines() if line]) <= 3
    mask = run_lines(lines)
    assert mask.shape == (128, 96)
    assert set(np.unique(mask)) <= {0, 3}


@pytest.mark.slow
@pytest.mark.usefixtures("_beside_the_files", "onnxruntime")
def test_the_documented_way_to_run_an_onnx_file_gives_the_mask_at_the_working_scale(
    checkpoint: Checkpoint, checkout: Path
) -> None:
    exported(checkpoint, Path("alloy.onnx"), ModelFormat.ONNX)
    full, reduced = run_lines(documented_lines(checkout, 0)), run_lines(documented_lines(checkout, 1))
    assert reduced.shape == (64, 48)
    assert (reduced == full[::2, ::2]).mean() > 0.9
