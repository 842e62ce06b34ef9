"""Numbers have the digits that are known, and names are those that file systems take."""

from __future__ import annotations

import pytest

from napari_csunet.export.names import file_stems, unique_names
from napari_csunet.export.numbers import interval_text, listed, number_text

NAN = float("nan")


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.470756, 0.434291, 0.510398), "0.471 (0.434–0.510)"),
        ((1234.6, 1100, 1390), "1230 (1100–1390)"),
        ((4.51e-5, 4.2e-5, 4.9e-5), "4.51 (4.20–4.90) × 10⁻⁵"),
        ((0.25, NAN, NAN), "0.250"),
        ((0.25, 0.25, 0.25), "0.250"),
        ((NAN, NAN, NAN), "–"),
        ((0.0, NAN, NAN), "0"),
        ((-12.34, NAN, NAN), "−12.3"),
    ],
)
def test_an_interval_says_how_many_digits_count(numbers: tuple[float, float, float], text: str) -> None:
    assert interval_text(*numbers) == text


def test_large_numbers_have_a_power_of_ten() -> None:
    assert number_text(12_345_678) == "1.23 × 10⁷"


def test_names_are_listed_as_people_do() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_names_that_differ_in_case_alone_become_different_files() -> None:
    assert unique_names(["Alloy", "alloy", "alloy-2", "b"], taken=("B",)) == ["Alloy", "alloy-2", "alloy-2-2", "b-2"]
    assert list(file_stems(["a/b", "a_b", "x_mask", "_mask"]).values()) == ["a_b", "a_b-2", "x", "_mask"]
