"""Masks without a class table are read alike wherever they are measured, and what is a guess is told as one."""

from __future__ import annotations

import numpy as np
import pytest

from napari_csunet.errors import LabelError
from napari_csunet.measurement.instances import GREY, is_one_region_each
from napari_csunet.measurement.mask_values import classes_of_values, words_on_values

PHASES = np.array([[0, 0, 1, 0], [1, 0, 2, 2]])
SAY = "say classes", "say objects"


def test_every_value_is_a_class_and_zero_is_the_background_unless_it_is_none() -> None:
    found = classes_of_values([("a", PHASES), ("b", PHASES * 2)])
    assert found.class_names == ("background", "class 1", "class 2", "class 4")
    assert found.colours[0] == GREY
    assert classes_of_values([("a", PHASES)], zero=False).class_names == ("class 1", "class 2")
    assert classes_of_values([("a", PHASES + 1)]).values == (1, 2, 3)
    with pytest.raises(LabelError, match="a holds no value above 0"):
        classes_of_values([("a", PHASES * 0)])


def test_few_values_of_one_region_each_may_be_either() -> None:
    squares = np.kron(np.arange(4).reshape(2, 2), np.ones((3, 3), int))
    assert is_one_region_each(squares)
    assert not any(is_one_region_each(one) for one in (PHASES, squares // 3, np.stack([squares, squares])))


@pytest.mark.parametrize(("numbered", "guess"), [(True, "If they are classes, say classes."), (False, "say objects.")])
def test_a_guess_is_told_until_somebody_has_said_it(numbered: bool, guess: str) -> None:
    squares = [("a", np.kron(np.arange(4).reshape(2, 2), np.ones((3, 3), int)))]
    classes = classes_of_values(squares)
    told = [words_on_values(squares, classes, numbered=numbered, said=said, say=SAY) for said in (False, True)]
    assert [one.endswith(guess) for one in told] == [True, False]
