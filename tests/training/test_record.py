"""What a checkpoint says of itself before the first step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_csunet import ClassTable, PixelSize
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import AnnotatedSet, annotate, at_scale
from napari_csunet.training.record import _common_pixel_size

CLASSES = ClassTable.parse("1=matrix,2=pore")
LABELS = np.tile([1, 2], (16, 8))


@pytest.mark.parametrize("reduction", [1, 2])
@pytest.mark.parametrize(
    ("sizes", "known"),
    [([None, None], None), ([24.0, None], 24.0), ([24.0, 24.2], 24.0), ([24.0, 48.0], None)],
)
def test_the_pixel_size_is_that_which_all_have(sizes: list[float | None], known: float | None, reduction: int) -> None:
    pictures = [
        replace(
            Micrograph.from_array(LABELS * 1.0, str(size)), pixel_size=None if size is None else PixelSize(size, size)
        )
        for size in sizes
    ]
    annotated = annotate(pictures, [LABELS] * len(pictures), CLASSES, Normalisation())
    training = at_scale(annotated, reduction, len(CLASSES), Normalisation())
    labelled = AnnotatedSet(training, [], CLASSES, "nothing", reduction)
    assert _common_pixel_size(labelled, None) == (None if known is None else PixelSize(known, known))
    assert _common_pixel_size(labelled, PixelSize(10, 10)) == (None if any(sizes) else PixelSize(10, 10))
