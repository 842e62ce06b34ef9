"""Where the objects of a measurement are: looked up in a thread, because their numbers are not kept."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_csunet.errors import MicrographError
from napari_csunet.widgets.measure_work import MeasuredMasks

if TYPE_CHECKING:
    from napari_csunet.export.study import Study


def objects_in(study: Study, field: str, class_name: str) -> Any:
    """Label image (h, w) of the objects of a class, or of the grains, in a field of view; 0 elsewhere."""
    for result in study.results:
        for one in study.fields_of(result):
            if one.name == field:
                return study.objects_in(one, class_name)
    raise MicrographError(f"{field} was not measured. Measure again.")


def colour_objects(
    measured: MeasuredMasks, class_name: str, column: str
) -> Generator[tuple[int, npt.NDArray[np.float32]], None, None]:
    """For each mask its index, and a picture of its shape: the property of each object, NaN between them."""
    table = measured.tables.objects
    chosen = table[table["class"] == class_name]
    for index, result in enumerate(measured.results):
        slices = []
        for number in range(len(result.slices)):
            name = result.slice_name(number)
            own = chosen[chosen["micrograph"] == name]
            labels = objects_in(measured.study, name, class_name)
            lookup = np.full(int(labels.max(initial=0)) + 1, np.nan, np.float32)
            lookup[own["label"].to_numpy()] = own[column].to_numpy(np.float32)
            slices.append(lookup[labels])
        yield index, np.stack(slices).reshape(result.mask.shape)


def find_object(
    measured: MeasuredMasks, field: str, class_name: str, place: tuple[int, int]
) -> Generator[tuple[str, str, int], None, None]:
    """Field, class and number of the object at a pixel; nothing if there is none."""
    labels = objects_in(measured.study, field, class_name)
    number = int(labels[place]) if all(0 <= p < n for p, n in zip(place, labels.shape, strict=True)) else 0
    if number:
        yield field, class_name, number
