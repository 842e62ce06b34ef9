"""The working scale is found from the labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.micrograph import Micrograph
from napari_csunet.micrographs.normalisation import Normalisation
from napari_csunet.training.annotated import AnnotatedSlice, annotate
from napari_csunet.training.working_scale import choose_reduction

CLASSES = ClassTable.parse("1=matrix,2=particle")


def annotated(image: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_]) -> list[AnnotatedSlice]:
    return annotate([Micrograph.from_array(image)], [mask.astype(np.uint8) + 1], CLASSES, Normalisation())


def blobs(size: int, length: float) -> npt.NDArray[np.bool_]:
    noise = np.random.default_rng(0).normal(size=(size, size))
    return np.asarray(gaussian_filter(noise, length, mode="wrap") > 0)


def chosen(image: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_], least: int = 1) -> int:
    search = choose_reduction(annotated(image, mask), 2, Normalisation(), 0, least)
    while True:
        try:
            next(search)
        except StopIteration as end:
            return int(end.value)


def test_small_details_are_seen_at_full_resolution() -> None:
    mask = blobs(256, 1.5)
    assert chosen(mask + 0.05 * np.random.default_rng(1).normal(size=mask.shape), mask) == 1


def test_large_regions_under_strong_noise_are_seen_from_further_away() -> None:
    mask = blobs(320, 30)
    assert chosen(mask + 12 * np.random.default_rng(1).normal(size=mask.shape), mask) > 1


def test_a_small_micrograph_is_never_reduced() -> None:
    assert chosen(np.random.default_rng(0).normal(size=(200, 200)), blobs(200, 20)) == 1


def test_no_scale_finer_than_asked_for_is_chosen_as_far_as_the_micrograph_is_large_enough() -> None:
    mask = blobs(256, 1.5)
    image = mask + 0.05 * np.random.default_rng(1).normal(size=mask.shape)
    assert [chosen(image, mask, least) for least in (1, 2, 6)] == [1, 2, 2]
