"""The class table: values, indices, and the smallest type that holds a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_csunet.classes import UNLABELLED, ClassTable, shared_table
from napari_csunet.errors import LabelError


def test_a_table_is_read_from_text() -> None:
    table = ClassTable.parse("2=pore, 0=matrix")
    assert table.values == (0, 2)
    assert table.class_names == ("matrix", "pore")


@pytest.mark.parametrize("text", ["", "matrix", "1=", "=a", "x=a", "1=a,1=b", "1=a,2=a", "-1=a"])
def test_a_table_that_makes_no_sense_is_a_label_error(text: str) -> None:
    with pytest.raises(LabelError, match="class"):
        ClassTable.parse(text)


def test_zero_is_unlabelled_unless_the_table_lists_it() -> None:
    labels = np.array([0, 1, 2, 9])
    assert ClassTable.parse("1=a,2=b").to_indices(labels).tolist() == [UNLABELLED, 0, 1, UNLABELLED]
    assert ClassTable.parse("0=a,2=b").to_indices(labels).tolist() == [0, UNLABELLED, 1, UNLABELLED]


def test_tables_are_shared_whatever_their_colours_and_refused_if_a_name_differs() -> None:
    first, other = ClassTable.parse("1=matrix,2=pore"), ClassTable.parse("1=matrix,2=oxide")
    recoloured = ClassTable(classes=tuple(c.model_copy(update={"colour": "#ffd700"}) for c in first.classes))
    assert shared_table([("a", recoloured), ("b", first)], "") is recoloured
    assert shared_table([], "") is None
    with pytest.raises(LabelError, match=r"^a and c have different classes\. Leave one out\.$"):
        shared_table([("a", first), ("b", recoloured), ("c", other)], "Leave one out.")


@pytest.mark.parametrize(
    ("text", "dtype", "excluded"),
    [("1=a,2=b", "uint8", 0), ("0=a,1=b", "uint8", 255), ("0=a,255=b", "uint16", 65535), ("1=a,300=b", "uint16", 0)],
)
def test_a_mask_has_the_smallest_type_and_excluded_pixels_their_value(text: str, dtype: str, excluded: int) -> None:
    table = ClassTable.parse(text)
    mask = table.to_values(np.array([0, 1, UNLABELLED]))
    assert mask.dtype == dtype
    assert mask.tolist() == [*table.values, excluded]


@given(st.sets(st.integers(0, 65534), min_size=1, max_size=12), st.randoms())
def test_values_become_indices_and_values_again(values: set[int], random: object) -> None:
    table = ClassTable.from_names({value: f"class {value}" for value in values})
    labels = np.array(sorted(values), np.uint16)
    assert (table.to_values(table.to_indices(labels)) == labels).all()


def test_labels_of_a_person_give_a_table_without_zero() -> None:
    assert ClassTable.from_labels([np.array([0, 3]), np.array([0, 1])]).values == (1, 3)


def test_a_new_class_gets_a_value_that_nothing_was_painted_with() -> None:
    table = ClassTable.parse("1=a,3=b")
    assert [table.unused_value(), table.unused_value({4, 5}), table.unused_value({255})] == [4, 6, 2]
    assert table.without(3).values == (1,)
    assert table.entry(3).name == "b"
