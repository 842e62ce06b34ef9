"""Pixel size from a line along a scale bar."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet import PixelSize
from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.scale_bar import line_length, size_along

LEVEL = np.array([[10.0, 20.0], [10.0, 220.0]])


def test_the_length_of_a_scale_bar_gives_the_pixel_size() -> None:
    assert size_along(LEVEL, "0,5", "µm") == PixelSize(2.5, 2.5)
    assert size_along(LEVEL, "500", "nm") == size_along(LEVEL, " 5e-4 ", "mm") == PixelSize(2.5, 2.5)


@pytest.mark.parametrize("line", [LEVEL, LEVEL[:, ::-1] / 2, LEVEL[::-1]])
def test_high_pixels_stay_as_high(line: np.ndarray) -> None:
    size = size_along(line, "500", "nm", height_to_width=2)
    assert size.y_nm == pytest.approx(2 * size.x_nm)
    assert np.hypot(*((line[1] - line[0]) * (size.y_nm, size.x_nm))) == pytest.approx(500)


def test_a_slanted_line_is_as_long_as_it_is() -> None:
    assert line_length(np.array([[0.0, 0.0], [3.0, 4.0]])) == 5


@pytest.mark.parametrize("text", ["", "long", "0", "-3", "nan", "inf", "1e-400"])
def test_what_is_no_length_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(MicrographError, match="Type the number"):
        size_along(LEVEL, text, "nm")


def test_a_line_without_length_is_refused() -> None:
    with pytest.raises(MicrographError, match="px long"):
        size_along(LEVEL[[0, 0]], "500", "nm")
