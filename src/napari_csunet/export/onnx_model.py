"""A network as an ONNX file, written only if it gives what the checkpoint gives."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from napari_csunet.checkpoint import Checkpoint, Provenance
from napari_csunet.errors import OutputError
from napari_csunet.export.sample_picture import SamplePicture
from napari_csunet.export.traceable import SMALLEST_SIDE, Traceable

OPSET = 17
TOLERANCE = 1e-4
"""How far a probability may be from torch's."""
INPUT, OUTPUT = "micrograph", "probability"
_TRACED_SIZE = (2 * SMALLEST_SIDE + 5, 3 * SMALLEST_SIDE + 7)
_SIDES = {0: "batch", 2: "height", 3: "width"}


def write_graph(checkpoint: Checkpoint, path: Path) -> None:
    """Writes the network as it stands, in float32, with what the checkpoint says about itself as metadata.

    Input "micrograph" (batch, channels, height, width): normalised pixels at the working scale, sides of at least 32.
    Output "probability" (batch, classes, height, width).
    """
    network = Traceable(checkpoint.build_model())
    example = torch.rand(1, checkpoint.provenance.model.in_channels, *_TRACED_SIZE)
    torch.onnx.register_custom_op_symbolic("aten::hypot", _hypot, OPSET)  # type: ignore[attr-defined, unused-ignore]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that the form of export is an older one; the other takes minutes
        torch.onnx.export(
            network,
            (example,),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: _SIDES, OUTPUT: _SIDES},
        )
    _add_metadata(path, checkpoint.provenance)


def largest_difference(checkpoint: Checkpoint, path: Path, pictures: Sequence[SamplePicture]) -> float:
    """How far any probability of the file is from the checkpoint's, computed by onnxruntime and torch on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    model, worst = checkpoint.build_model(), 0.0
    for picture in pictures:
        image = picture.normalised[None]
        with torch.inference_mode():
            expected = model(torch.from_numpy(image)).softmax(dim=1).numpy()
        found = session.run([OUTPUT], {INPUT: image})[0]
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def check_difference(difference: float, name: str) -> None:
    """Raises OutputError if the file would give something else than the checkpoint."""
    if not difference <= TOLERANCE:
        raise OutputError(
            f"{name} was not written: its probabilities differ from the checkpoint's by up to {difference:.2g} on the "
            f"sample micrographs, more than {TOLERANCE:g}. Use the checkpoint itself, or report this network."
        )


def metadata(provenance: Provenance) -> dict[str, str]:
    """What a program needs to use the network, and all that the checkpoint says about itself."""
    low, high = provenance.normalisation.low_percentile, provenance.normalisation.high_percentile
    size = provenance.pixel_size_nm
    known = {"pixel_size_nm": f"{size[0]:g} x {size[1]:g}"} if size else {}
    return known | {
        "class_values": ",".join(map(str, provenance.classes.values)),
        "class_names": ",".join(provenance.classes.class_names),
        "preprocessing": (
            f"mean of {provenance.reduction} x {provenance.reduction} pixels, then clip to percentiles {low:g} and "
            f"{high:g}, then subtract the mean and divide by the standard deviation"
        ),
        "reduction": str(provenance.reduction),
        "napari-csunet": provenance.model_copy(update={"history": ()}).model_dump_json(),
    }


def _add_metadata(path: Path, provenance: Provenance) -> None:
    import onnx

    graph = onnx.load(path)
    graph.producer_name = "napari-csunet"
    onnx.helper.set_model_props(graph, metadata(provenance))
    onnx.save(graph, path)


def _hypot(graph: Any, a: Any, b: Any) -> Any:
    """ONNX has no operator for the length of a vector."""
    return graph.op("Sqrt", graph.op("Add", graph.op("Mul", a, a), graph.op("Mul", b, b)))
