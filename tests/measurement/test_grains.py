"""Square grains have their ASTM number, whether they are labels or lie between boundaries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from napari_csunet import ClassTable, PixelSize
from napari_csunet.errors import LabelError
from napari_csunet.measurement.bootstrap import Estimate
from napari_csunet.measurement.field import Field, fields_of
from napari_csunet.measurement.grains import count_grain_lines, grain_size_number, grains_of, mean_lineal_intercept
from napari_csunet.measurement.scale import Scale

Ints = npt.NDArray[np.integer]
BOUNDARY = ClassTable.from_names({0: "grain", 1: "boundary"})


def squares(side: int, count: int = 3) -> Ints:
    rows, columns = np.indices((side * count, side * count)) // side
    return rows * count + columns + 1


def field_of(mask: Ints, scale: Scale | None = None) -> Field:
    return fields_of("a", mask, BOUNDARY, scale or Scale())[0]


def g_of(millimetres: float) -> float:
    return grain_size_number(
        Estimate(millimetres * 1e3, millimetres * 900, millimetres * 1100, ""), Scale(1, 1, "µm")
    ).value


@pytest.mark.parametrize(("millimetres", "number"), [(0.32, 0), (0.1131, 3), (0.0566, 5), (0.02, 8), (0.01, 10)])
def test_the_number_is_that_of_the_standard(millimetres: float, number: float) -> None:
    assert g_of(millimetres) == pytest.approx(number, abs=0.02)


@pytest.mark.parametrize(("side", "scale"), [(8, Scale()), (20, Scale(2, 2, "µm")), (12, Scale(1, 3, "nm"))])
def test_lines_along_rows_measure_the_side_of_square_grains(
    rolled: Callable[[Ints], list[Ints]], side: int, scale: Scale
) -> None:
    lines = [count_grain_lines(grains, scale) for grains in rolled(squares(side))]
    assert mean_lineal_intercept(lines, 0).value == pytest.approx(side * scale.x, rel=0.02)
    assert mean_lineal_intercept(lines, 90).value == pytest.approx(side * scale.y, rel=0.02)


@pytest.mark.parametrize(("side", "tolerance"), [(20, 0.06), (60, 0.03)])
def test_random_lines_meet_square_grains_as_crofton_says(
    rolled: Callable[[Ints], list[Ints]], side: int, tolerance: float
) -> None:
    lines = [count_grain_lines(grains, Scale()) for grains in rolled(squares(side))]
    intercept = mean_lineal_intercept(lines).value
    assert intercept == pytest.approx(np.pi * side / 4, rel=tolerance)  # 1 / P_L, P_L = 2 / π · L_A, L_A = 2 / side


@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_the_width_of_the_boundary_does_not_shorten_the_grains(
    rolled: Callable[[Ints], list[Ints]], thickness: int
) -> None:
    rows, columns = np.indices((140, 140)) % 20
    mask = ((rows < thickness) | (columns < thickness)).astype(np.uint8)
    lines = [count_grain_lines(grains_of(field_of(m), 1), Scale()) for m in rolled(mask)[::4]]
    assert mean_lineal_intercept(lines, 0).value == pytest.approx(20, rel=0.03)


def test_a_diagonal_boundary_of_one_pixel_separates_grains() -> None:
    assert grains_of(field_of(np.eye(12, dtype=np.uint8)), 1).max() == 2


def test_a_finer_grain_has_a_larger_number_and_its_interval_is_in_order() -> None:
    number = grain_size_number(Estimate(20, 18, 22, ""), Scale(1, 1, "µm"))
    assert number.low < number.value < number.high
    assert g_of(0.01) > g_of(0.02)


def test_there_is_no_number_without_a_pixel_size() -> None:
    assert np.isnan(grain_size_number(Estimate(20, 18, 22, ""), Scale.of(None)).value)


def test_the_number_does_not_depend_on_the_unit() -> None:
    size, length = PixelSize(50, 50), 2000.0
    numbers = [
        grain_size_number(Estimate(length / Scale.of(size, unit).nanometres, 1, 1, ""), Scale.of(size, unit)).value
        for unit in ("nm", "µm")
    ]
    assert numbers[0] == pytest.approx(numbers[1])


def test_a_mask_of_boundaries_alone_is_refused() -> None:
    with pytest.raises(LabelError, match="Class 1 of a leaves no grain"):
        grains_of(field_of(np.ones((8, 8), np.uint8)), 1)
