"""Options that name a class and a number, such as ``--split particle=0.5``, to what is done to each class."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from napari_csunet.classes import ClassTable
from napari_csunet.errors import LabelError
from napari_csunet.measurement.cleaning import Cleaning

_AREA = re.compile(r"\s*(\d*\.?\d+(?:e[+-]?\d+)?)\s*(px²?|px2|pixels?|[uµμ]m²|[uµμ]m2|)\s*", re.IGNORECASE)
_AREAS = ("holes", "smallest")


def value_of(name: str, classes: ClassTable) -> int:
    """Value of a class given by its name or its value; raises LabelError that lists those there are."""
    for c in classes.classes:
        if name in (c.name, str(c.value)):
            return c.value
    listed = ", ".join(f"{c.value} ({c.name})" for c in classes.classes)
    raise LabelError(f"There is no class {name!r}. Choose among {listed}.")


def values_of(names: Sequence[str], classes: ClassTable) -> tuple[int, ...]:
    """Values of several classes."""
    return tuple(value_of(name, classes) for name in names)


def cleanings_from(options: Sequence[tuple[str, Sequence[str]]], classes: ClassTable) -> dict[int, Cleaning]:
    """Cleaning by class value, from fields of ``Cleaning`` with the texts that were typed for them.

    Raises LabelError that shows the text it cannot read.
    """
    settings: dict[int, dict[str, Any]] = {}
    for field, texts in options:
        for text in texts:
            name, _, number = (text, "", "") if field == "largest_only" else text.rpartition("=")
            setting = _setting(field, number, text)
            _add(settings.setdefault(value_of(name.strip(), classes), {}), setting, text)
    return {value: _cleaning(of_class) for value, of_class in settings.items()}


def _setting(field: str, number: str, text: str) -> dict[str, Any]:
    """The field with its number and, for areas, the unit."""
    if field == "largest_only":
        return {field: True}
    match = _AREA.fullmatch(number)
    if match is None or (field not in _AREAS and match[2]):
        units = "px or um2" if field in _AREAS else "no unit"
        raise LabelError(f"Cannot read {text!r}. Write a class, = and a number with {units}, such as particle=0.5.")
    unit = {"unit": "µm²" if "m" in match[2].lower() else "px"} if field in _AREAS else {}
    return {field: float(match[1]), **unit}


def _add(settings: dict[str, Any], setting: dict[str, Any], text: str) -> None:
    unit = settings.get("unit", setting.get("unit"))
    if setting.get("unit", unit) != unit:
        raise LabelError(f"{text!r} is in {setting['unit']}, another area of that class in {unit}. Use one unit.")
    settings.update(setting)


def _cleaning(settings: Mapping[str, Any]) -> Cleaning:
    try:
        return Cleaning(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"][0] == "split":
            raise LabelError(
                f"split cannot be {first['input']:g}. Write a share from 0 (nothing is split) to 1 (at every neck): "
                "with 0.6, objects are cut where they are narrower than 0.6 of the smaller part."
            ) from error
        raise LabelError(f"{first['loc'][0]} cannot be {first['input']:g}: {first['msg'].lower()}.") from error
