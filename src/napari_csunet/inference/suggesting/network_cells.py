"""What a fine-tuned network makes of a slice, on the grid of its cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from napari_csunet.checkpoint import Checkpoint
from napari_csunet.config import PredictionConfig
from napari_csunet.inference.prediction import predict_stream
from napari_csunet.inference.suggesting.slice_cells import Cells, SliceCells, at_cells
from napari_csunet.micrographs.micrograph import Micrograph


def network_cells(
    checkpoint: Checkpoint, micrograph: Micrograph, slice_index: int, cells: SliceCells, *, device: str, views: bool
) -> Iterator[Cells | None]:
    """None after each tile, and at last the probability (classes, h, w); ``views`` as test_time_augmentation."""
    one = replace(micrograph, pixels=micrograph.pixels[slice_index : slice_index + 1], is_stack=False)
    config = PredictionConfig(device=device, test_time_augmentation=views)
    for report in predict_stream(checkpoint, [one], config, probability=True):
        probability = report.prediction.probability if report.prediction is not None else None
        yield None if probability is None else at_cells(probability, cells)
