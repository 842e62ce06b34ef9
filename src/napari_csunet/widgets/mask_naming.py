"""What the user calls the classes of a mask, and says they are: kept in the layer, beside what it carries."""

from __future__ import annotations

from typing import Any

from napari.layers import Labels, Layer

from napari_csunet.classes import ClassTable
from napari_csunet.measurement.kind import Kind
from napari_csunet.widgets.layers import classes_of, role_of
from napari_csunet.widgets.mask_layers import ADDED
from napari_csunet.widgets.result_layers import class_features, colormap_of

MEASURED = "napari-csunet measured"
"""Key in the metadata of a mask layer for what the user calls its classes here, and what they are measured as."""

OF_NUMBERS = "of numbers"
"""Key there for whether that was said while the values were read as numbers of objects."""


def named_classes(mask: Layer) -> ClassTable | None:
    """As the user has called them here, else those that the mask carries."""
    said = _said(mask)
    return ClassTable.model_validate(said["classes"]) if "classes" in said else classes_of(mask.metadata)


def chosen_kinds(mask: Layer) -> dict[int, Kind]:
    """What the user said that classes are measured as."""
    return {int(value): Kind(kind) for value, kind in _said(mask).get("kinds", {}).items()}


def said_of_numbers(mask: Layer) -> bool | None:
    """Whether names and kinds were said of numbers of objects rather than of classes, None if nothing was said."""
    known: bool | None = _said(mask).get(OF_NUMBERS)
    return known


def remember_names(mask: Layer, classes: ClassTable, *, numbered: bool) -> None:
    """Of the classes of a mask, for its measurement; ``numbered``: while its values are read as numbers of objects."""
    _remember(mask, numbered, classes=classes.model_dump(mode="json"))


def show_classes(mask: Layer, classes: ClassTable) -> None:
    """Gives a mask that was added here the names and colours of its classes; 0 stays clear if nobody has named it."""
    is_known = isinstance(mask, Labels) and list(mask.features.get("class", ())) == list(classes.class_names)
    if not isinstance(mask, Labels) or role_of(mask) != ADDED or is_known:
        return
    mask.features = class_features(classes)
    if classes_of(mask.metadata) is None:
        shown = [c for c in classes.classes if c.value]
        mask.colormap = colormap_of(ClassTable(classes=tuple(shown)))


def remember_kind(mask: Layer, value: int, kind: Kind, *, numbered: bool) -> None:
    before = chosen_kinds(mask) if _said(mask).get(OF_NUMBERS) == numbered else {}
    _remember(mask, numbered, kinds={str(one): str(known) for one, known in {**before, value: kind}.items()})


def _remember(mask: Layer, numbered: bool, **said: Any) -> None:
    before = _said(mask) if _said(mask).get(OF_NUMBERS) == numbered else {}
    mask.metadata = {**mask.metadata, MEASURED: {**before, **said, "of": _carried(mask), OF_NUMBERS: numbered}}


def _said(mask: Layer) -> dict[str, Any]:
    """What was said of the classes that the mask has now; a new prediction may have others."""
    said: dict[str, Any] = mask.metadata.get(MEASURED, {})
    return said if said.get("of") == _carried(mask) else {}


def _carried(mask: Layer) -> dict[str, Any] | None:
    classes = classes_of(mask.metadata)
    return classes.model_dump(mode="json") if classes is not None else None
