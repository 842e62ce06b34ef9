"""Label layers that do not lie on their micrograph: what is seen there is not what trains."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels

from napari_csunet.training.finding import Finding
from napari_csunet.widgets.layers import finest, mask_shape, names_of_labels


def misplaced_labels(viewer: ViewerModel, micrograph: Image, labels: Labels | None) -> Iterator[Finding]:
    """``labels``: the layer that trains, if there is one."""
    if labels is not None and not _lies_on(labels, micrograph):
        told = f"{labels.name} lies beside {micrograph.name}. Give both layers the same scale and place."
        yield Finding(told, str(micrograph.name))
    for layer in viewer.layers:
        if isinstance(layer, Labels) and layer.name in names_of_labels(micrograph.name):
            sizes = [_size(tuple(shape)) for shape in (finest(layer).shape, mask_shape(micrograph))]
            if sizes[0] != sizes[1]:
                told = f"{layer.name} has {sizes[0]} pixels, {micrograph.name} has {sizes[1]}"
                yield Finding(f"{told}: these labels do not train.", str(micrograph.name))


def _lies_on(labels: Labels, micrograph: Image) -> bool:
    """Within a pixel."""
    ours, its = (layer.extent.world[:, -2:] for layer in (labels, micrograph))
    return bool((np.abs(ours - its) <= np.abs(micrograph.scale[-2:])).all())


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
