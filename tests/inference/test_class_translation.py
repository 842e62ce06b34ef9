from __future__ import annotations

import numpy as np

from napari_csunet import ClassTable
from napari_csunet.inference.class_translation import in_label_values, label_values

FROM_ONE = ClassTable.from_names({1: "matrix", 2: "secondary", 3: "tertiary"})
FROM_ZERO = ClassTable.from_names({0: "matrix", 1: "secondary", 2: "tertiary"})


def test_classes_of_one_name_belong_together_whatever_their_values() -> None:
    assert label_values(FROM_ZERO, FROM_ONE) == {0: 1, 1: 2, 2: 3}
    assert label_values(FROM_ONE, FROM_ONE) == {1: 1, 2: 2, 3: 3}
    with_new = ClassTable.from_names({0: "matrix (new)", 1: "matrix", 2: "secondary", 3: "tertiary"})
    assert label_values(FROM_ZERO, with_new) == {0: 1, 1: 2, 2: 3}


def test_a_value_alone_says_which_class_is_meant_only_where_nobody_has_named_it() -> None:
    unnamed = ClassTable.from_names({1: "class 1", 2: "class 2"})
    assert label_values(FROM_ZERO, unnamed) == {1: 1, 2: 2}
    assert label_values(unnamed, FROM_ONE) == {1: 1, 2: 2}
    assert label_values(FROM_ZERO, ClassTable.from_names({1: "pore", 2: "crack"})) == {}
    assert label_values(FROM_ONE, ClassTable.from_names({1: "class 1", 2: "matrix"})) == {1: 2}


def test_a_translated_mask_says_nothing_where_the_labels_lack_its_class() -> None:
    mask = np.array([[0, 1, 2], [255, 2, 1]], np.uint8)
    assert in_label_values(mask, {0: 1, 1: 40_000}).tolist() == [[1, 40_000, -1], [-1, -1, 40_000]]
