"""A network as a bioimage.io model package, written only if it passes that format's own validation.

https://bioimage.io/docs describes the format; deepImageJ, ilastik, QuPath, BiaPy and others read it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
import torch

import napari_csunet
from napari_csunet.checkpoint import Checkpoint, Provenance
from napari_csunet.errors import OutputError
from napari_csunet.export.model_words import documentation, one_line
from napari_csunet.export.onnx_model import INPUT, OPSET, OUTPUT, metadata
from napari_csunet.export.sample_picture import SamplePicture
from napari_csunet.export.traceable import SMALLEST_SIDE
from napari_csunet.micrographs.overlay import overlay_picture

_EPSILON = 1e-6
_NAME_LENGTH = (5, 64)
_PLANE = ("y", "x")


def write_package(
    checkpoint: Checkpoint, onnx: Path, picture: SamplePicture, name: str, author: str, out: Path
) -> None:
    """Zip file ``out`` of the ONNX file ``onnx`` and what belongs to it; other files go to the folder of ``onnx``.

    ``picture`` becomes the test input, and the checkpoint's answer to it the test output. Raises OutputError if
    bioimageio.spec refuses the package.
    """
    from bioimageio.spec import InvalidDescr, ValidationContext, build_description, save_bioimageio_package

    _write_parts(checkpoint, picture, onnx.parent)
    content = description(checkpoint.provenance, onnx, name, author)
    model = build_description(content, context=ValidationContext(root=onnx.parent))
    if isinstance(model, InvalidDescr):
        first = next(error for detail in model.validation_summary.details for error in detail.errors)
        where = ".".join(map(str, first.loc))
        raise OutputError(f"{out.name} was not written: bioimage.io refuses {where} ({first.msg}). Report this model.")
    save_bioimageio_package(model, output_path=out)


def description(provenance: Provenance, onnx: Path, name: str, author: str) -> dict[str, Any]:
    """The content of rdf.yaml; files beside ``onnx``."""
    return {
        "type": "model",
        "format_version": _format_version(),
        "name": package_name(name),
        "description": one_line(provenance),
        "authors": [{"name": author}],
        "cite": [
            {"text": "Alrfou, Zhao, Kordijazi: CS-UNet", "doi": "10.48550/arXiv.2308.13917"},
            {"text": "Stuckner, Harder, Smith: MicroNet", "doi": "10.1038/s41524-022-00878-5"},
        ],
        "license": "BSD-3-Clause",
        "documentation": _file(onnx, "README.md"),
        "covers": [_file(onnx, "cover.png")],
        "tags": ["2d", "semantic-segmentation", "scanning-electron-microscopy", "materials-science", "napari-csunet"],
        "version": "1.0.0",
        "inputs": [_input(provenance, onnx)],
        "outputs": [_output(provenance, onnx)],
        "weights": {"onnx": {**_file(onnx, onnx.name), "opset_version": OPSET}},
        "config": {"napari-csunet": {"version": napari_csunet.__version__, **metadata(provenance)}},
    }


def _format_version() -> str:
    """The newest of the installed bioimageio.spec."""
    from bioimageio.spec.model.v0_5 import ModelDescr

    return str(ModelDescr.implemented_format_version)


def package_name(name: str) -> str:
    """The name in the letters that the format takes, at least five of them."""
    allowed = re.sub(r"[^A-Za-z0-9_+\- ()]+", " ", name).strip()[: _NAME_LENGTH[1]].strip()
    return allowed if len(allowed) >= _NAME_LENGTH[0] else f"CS-UNet {allowed}".strip()


def _input(provenance: Provenance, onnx: Path) -> dict[str, Any]:
    size = {"min": SMALLEST_SIDE, "step": 1}
    channels = provenance.model.in_channels
    names = ["intensity"] if channels == 1 else [f"channel{i}" for i in range(channels)]
    planes = [
        {"type": "space", "id": axis, "size": size, **scale}
        for axis, scale in zip(_PLANE, _scales(provenance), strict=True)
    ]
    return {
        "id": INPUT,
        "description": "Micrograph at the working scale, intensities as recorded.",
        "axes": [{"type": "batch"}, {"type": "channel", "channel_names": names}, *planes],
        "data": {"type": "float32"},
        "test_tensor": _file(onnx, "test_input.npy"),
        "preprocessing": _preprocessing(provenance),
    }


def _preprocessing(provenance: Provenance) -> list[dict[str, Any]]:
    """As ``Normalisation.fit`` and ``IntensityRange.apply``, for each channel of each picture."""
    limits = provenance.normalisation
    clip = {"min_percentile": limits.low_percentile, "max_percentile": limits.high_percentile, "axes": _PLANE}
    return [
        {"id": "clip", "kwargs": clip},
        {"id": "zero_mean_unit_variance", "kwargs": {"axes": _PLANE, "eps": _EPSILON}},
    ]


def _output(provenance: Provenance, onnx: Path) -> dict[str, Any]:
    planes = [
        {"type": "space", "id": axis, "size": {"tensor_id": INPUT, "axis_id": axis}, **scale}
        for axis, scale in zip(_PLANE, _scales(provenance), strict=True)
    ]
    names = list(provenance.classes.class_names)
    return {
        "id": OUTPUT,
        "description": "Probability of each class; the classes of a pixel add up to 1.",
        "axes": [{"type": "batch"}, {"type": "channel", "channel_names": names}, *planes],
        "data": {"type": "float32", "range": [0.0, 1.0]},
        "test_tensor": _file(onnx, "test_output.npy"),
    }


def _scales(provenance: Provenance) -> list[dict[str, Any]]:
    """Size of a pixel at the working scale, along y and x."""
    if provenance.pixel_size_nm is None:
        return [{}, {}]
    return [{"unit": "nanometer", "scale": side * provenance.reduction} for side in provenance.pixel_size_nm]


def _file(onnx: Path, name: str) -> dict[str, str]:
    return {"source": name}


def _write_parts(checkpoint: Checkpoint, picture: SamplePicture, folder: Path) -> None:
    with torch.inference_mode():
        logits = checkpoint.build_model()(torch.from_numpy(picture.normalised[None]))
    probability = logits.softmax(dim=1).numpy()
    np.save(folder / "test_input.npy", picture.raw[None])
    np.save(folder / "test_output.npy", probability)
    iio.imwrite(folder / "cover.png", _cover(checkpoint, picture, probability[0]))
    (folder / "README.md").write_text(documentation(checkpoint.provenance), encoding="utf-8")


def _cover(
    checkpoint: Checkpoint, picture: SamplePicture, probability: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    """The picture, and beside it the same with the classes tinted: twice as wide as high."""
    classes, side = checkpoint.classes, min(probability.shape[1:])
    mask = classes.to_values(probability.argmax(axis=0))
    none = np.full_like(mask, classes.excluded_value)
    pair = [overlay_picture(picture.micrograph, one, classes)[:side, :side] for one in (none, mask)]
    return np.concatenate(pair, axis=1)
