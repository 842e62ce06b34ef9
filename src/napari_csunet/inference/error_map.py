"""Where a mask says something else than the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.inference.correction import contradicted


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """values: of the labels' shape, the label where the mask says another class, else what excluded pixels hold.

    wrong: how many of the ``judged`` pixels that both the labels and the mask give a class.
    """

    values: npt.NDArray[np.unsignedinteger]
    wrong: int
    judged: int


def error_map(labels: npt.NDArray[np.integer], mask: npt.NDArray[np.integer], classes: ClassTable) -> ErrorMap:
    """Both of the same shape; pixels without a class in either do not count."""
    known = np.isin(labels, classes.values) & np.isin(mask, classes.values)
    wrong = contradicted(labels, mask, classes.values)
    values = np.where(wrong, labels, classes.excluded_value).astype(classes.mask_dtype)
    return ErrorMap(values, int(np.count_nonzero(wrong)), int(np.count_nonzero(known)))
