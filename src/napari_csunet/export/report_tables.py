"""The tables of the report: few numbers, with units and intervals."""

from __future__ import annotations

from collections.abc import Iterator

from napari_csunet.export.html import escape, swatch, table
from napari_csunet.export.numbers import count_text
from napari_csunet.export.study import Study
from napari_csunet.measurement.summary import GRAINS, POOLED

_PHASE_COLUMNS = (
    ("Area fraction", "area_fraction", "mean"),
    ("Mean intercept", "intercept_length", "mean, random lines"),
    ("Mean free path", "free_path", "mean, random lines"),
    ("Interface per volume", "interface_per_volume", "mean"),
)
_SIZE = "equivalent_diameter"
_SIZE_COLUMNS = (
    ("Mean diameter", _SIZE, "mean", "number"),
    ("D10", _SIZE, "D10", "number"),
    ("D50", _SIZE, "median", "number"),
    ("D90", _SIZE, "D90", "number"),
    ("Mean by area", _SIZE, "mean", "area"),
)
_SHAPE_COLUMNS = (
    ("Number per area", "count_per_area", "mean", ""),
    ("Aspect ratio", "aspect_ratio", "mean", "number"),
    ("Circularity", "circularity", "mean", "number"),
    ("Nearest neighbour", "nearest_neighbour", "mean", "number"),
)


def phase_table(study: Study) -> str:
    """A row for each class, over all micrographs."""
    first = study.classes.class_names[0]
    header = [("Class", ""), *((title, study.row(q, s, first).unit) for title, q, s in _PHASE_COLUMNS)]
    rows = (
        [swatch(c.colour, c.name), *(study.text(q, s, c.name) for _, q, s in _PHASE_COLUMNS)]
        for c in study.classes.classes
    )
    return table(header, rows)


def fractions_table(study: Study) -> str:
    """A row for each field of view, a column for each class."""
    header = [("Micrograph", ""), *((name, "") for name in study.classes.class_names)]
    rows = (
        [
            escape(field),
            *(study.text("area_fraction", "mean", name, micrograph=field) for name in study.classes.class_names),
        ]
        for field in [*study.fields, POOLED]
    )
    return table(header, rows, last_is_pooled=True)


def object_tables(study: Study) -> Iterator[str]:
    """Sizes, and below them number, shape and distance; a row for each class that has objects."""
    names = study.object_classes
    yield _objects(study, names, _SIZE_COLUMNS, with_counts=True)
    yield _objects(study, names, _SHAPE_COLUMNS, with_counts=False)


def grain_table(study: Study) -> str:
    """Mean lineal intercept and grain size number."""
    columns = (
        ("Mean lineal intercept", "lineal_intercept", "mean, random lines"),
        ("Grain size number G", "grain_size_number", "ASTM E112 G"),
    )
    header = [("Grains", ""), *((title, study.row(q, s, GRAINS).unit) for title, q, s in columns)]
    return table(header, [[POOLED, *(study.text(q, s, GRAINS) for _, q, s in columns)]])


def layer_table(study: Study) -> str:
    """Thickness of each layer, of each micrograph and of all."""
    names = study.layer_classes
    statistics = ("mean", "minimum", "maximum", "standard deviation")
    unit = study.row("layer_thickness", "mean", names[0]).unit
    header = [("Layer", ""), ("Micrograph", ""), *((s.capitalize(), unit) for s in statistics)]
    rows = (
        [escape(name), escape(field), *(study.text("layer_thickness", s, name, micrograph=field) for s in statistics)]
        for name in names
        for field in [*study.fields, POOLED]
        if study.row("layer_thickness", "mean", name, micrograph=field).unit
    )
    return table(header, rows)


def _objects(
    study: Study, names: list[str], columns: tuple[tuple[str, str, str, str], ...], *, with_counts: bool
) -> str:
    units = ((title, study.row(q, s, names[0], w).unit) for title, q, s, w in columns)
    header = [("Class", ""), *([("Counted", "of all")] if with_counts else []), *units]
    rows = (
        [_name(study, name), *([_counts(study, name)] if with_counts else [])]
        + [study.text(q, s, name, w) for _, q, s, w in columns]
        for name in names
    )
    return table(header, rows)


def _name(study: Study, name: str) -> str:
    return next((swatch(c.colour, c.name) for c in study.classes.classes if c.name == name), escape(name))


def _counts(study: Study, name: str) -> str:
    counted, found = (study.row("count", statistic, name).value for statistic in ("counted", "all objects"))
    return f"{count_text(counted)} of {count_text(found)}"
