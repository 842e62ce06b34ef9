"""Plots for papers: area fractions with their intervals, sizes of objects, and how they add up."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import MicrographClass
from napari_csunet.export.study import Study
from napari_csunet.measurement.distribution import weighted_quantile
from napari_csunet.measurement.summary import GRAINS, POOLED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

_STYLE: Any = {
    "font.size": 9.0,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": False,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "napari-csunet",
}
_DPI = 250
_INK, _GRAIN_COLOUR = "#1b1f24", "#5c6670"
_WIDTH = 7.2
_MOST_NAMES = 40
_LONGEST_NAME = 26
_BINS = (8, 40)
_FEWEST_OBJECTS = 2
_LAID_OUT, _SHOWN = b"'DejaVu Sans'", b"Arial, Helvetica, 'DejaVu Sans', sans-serif"
"""Fonts of SVG: that by which the plot is laid out, the widest of those in which it may be shown."""


class Plot(NamedTuple):
    """A plot that can be drawn; ``class_name`` is empty if it shows all classes."""

    name: str
    class_name: str
    caption: str
    draw: Callable[[], Figure]


def plots(study: Study) -> Iterator[Plot]:
    """Every plot that this study allows."""
    yield Plot("area_fractions", "", "Area fractions with 95 % confidence intervals", partial(area_fractions, study))
    for name in study.object_classes:
        if len(study.counted_objects(name)) >= _FEWEST_OBJECTS:
            yield Plot("sizes", name, f"Size distribution of {name}", partial(size_histogram, study, name))
            yield Plot("cumulative", name, f"Cumulative size distribution of {name}", partial(cumulative, study, name))
    for name in study.layer_classes:
        yield Plot("thickness", name, f"Thickness along the layer {name}", partial(thickness, study, name))


def rendered(plot: Plot, kind: str) -> bytes:
    """A plot as the content of a file, ``kind`` being png or svg. Text stays text in SVG."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(_STYLE):
        options: Any = {"metadata": {"Date": None}} if kind == "svg" else {"dpi": _DPI}
        plot.draw().savefig(buffer, format=kind, bbox_inches="tight", pad_inches=0.05, **options)
    return buffer.getvalue().replace(_LAID_OUT, _SHOWN) if kind == "svg" else buffer.getvalue()


def area_fractions(study: Study) -> Figure:
    """One panel a class: a line for each field of view, and below them all of them together."""
    fields = study.fields
    names = [*fields, POOLED] if len(fields) > 1 else fields
    figure = _figure(_WIDTH, min(8.5, 0.95 + 0.22 * len(names)))
    panels = figure.subplots(1, len(study.classes), sharey=True, squeeze=False)[0]
    for panel, c in zip(panels, study.classes.classes, strict=True):
        _fractions_of(panel, study, c, names)
    panels[0].set_yticks(range(len(names)), [_short(name) for name in names] if len(names) <= _MOST_NAMES else [])
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    return figure


def _fractions_of(panel: Axes, study: Study, c: MicrographClass, names: list[str]) -> None:
    for y, name in enumerate(names):
        row = study.row("area_fraction", "mean", c.name, micrograph=name)
        is_pooled = name == POOLED
        look: Any = {"marker": "D" if is_pooled else "o", "markersize": 6 if is_pooled else 4.5}
        panel.hlines(y, row.low, row.high, color=_INK, linewidth=1.4 if is_pooled else 0.9, zorder=1)
        panel.plot(row.value, y, color=c.colour, markeredgecolor=_INK, markeredgewidth=0.6, **look)
    if POOLED in names:
        panel.axhline(len(names) - 1.5, color=_INK, linewidth=0.5)
    panel.set_title(c.name, fontsize="medium", loc="left")
    panel.set_xlabel("Area fraction")
    panel.margins(x=0.12)
    panel.locator_params(axis="x", nbins=4)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", linewidth=0.4, alpha=0.5)


def size_histogram(study: Study, name: str) -> Figure:
    """Share of the objects by equivalent circular diameter, as bars by number and as a line by area."""
    sizes, number, area = _sizes(study, name)
    edges = np.linspace(0, sizes.max() * 1.0001, _bin_count(sizes) + 1)
    figure = _figure(_WIDTH * 0.55, 2.6)
    panel = figure.subplots()
    bars = 100 * np.histogram(sizes, edges, weights=number / number.sum())[0]
    panel.bar(edges[:-1], bars, np.diff(edges), align="edge", color=_colour(study, name), edgecolor="white", lw=0.4)
    by_area = 100 * np.histogram(sizes, edges, weights=area / area.sum())[0]
    panel.stairs(by_area, edges, color=_INK, linewidth=1.1)
    panel.set_xlabel(f"Equivalent circular diameter ({_unit(study)})")
    panel.set_ylabel("Share (%)")
    panel.legend(["by area", "by number"], fontsize="small", handlelength=1.4)
    panel.set_xlim(0, edges[-1])
    return figure


def cumulative(study: Study, name: str) -> Figure:
    """Share of the objects that are no larger, by number and by area, with D10, D50 and D90 by number."""
    sizes, number, area = _sizes(study, name)
    figure = _figure(_WIDTH * 0.55, 2.6)
    panel = figure.subplots()
    order = np.argsort(sizes)
    for weights, look in ((number, {"color": _colour(study, name), "lw": 2.0}), (area, {"color": _INK, "ls": "--"})):
        shares = 100 * np.cumsum(weights[order]) / weights.sum()
        panel.step(np.r_[0, sizes[order]], np.r_[0, shares], where="post", **look)
    for share in (0.1, 0.5, 0.9):
        size = weighted_quantile(sizes, number, share)
        panel.plot([size, size, 0], [0, 100 * share, 100 * share], color=_INK, linewidth=0.5, linestyle=":")
    panel.legend(["by number", "by area"], fontsize="small", loc="lower right", handlelength=1.8)
    panel.set_xlabel(f"Equivalent circular diameter ({_unit(study)})")
    panel.set_ylabel("No larger than (%)")
    panel.set_xlim(0, sizes.max())
    panel.set_ylim(0, 101)
    return figure


def thickness(study: Study, name: str) -> Figure:
    """Thickness of a layer along its length, a line for each micrograph."""
    profiles = study.measured.profiles
    figure = _figure(_WIDTH * 0.8, 2.6)
    panel = figure.subplots()
    for micrograph, profile in profiles[profiles["class"] == name].groupby("micrograph", sort=False):
        panel.plot(profile["position"], profile["thickness"], linewidth=1, label=_short(str(micrograph)))
    panel.set_xlabel(f"Position along the layer ({_unit(study)})")
    panel.set_ylabel(f"Thickness ({_unit(study)})")
    panel.set_ylim(bottom=0)
    panel.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure((width, height), layout="constrained")  # of its own: pyplot's figures are global


def _sizes(study: Study, name: str) -> tuple[Floats, Floats, Floats]:
    """Diameters, and what each object weighs by number and by area."""
    table = study.counted_objects(name)
    size, weight, area = (table[c].to_numpy(np.float64) for c in ("equivalent_diameter", "weight", "area"))
    return size, weight, weight * area


def _bin_count(sizes: Floats) -> int:
    """Of the width that Freedman and Diaconis (1981) give, within limits."""
    quarter, three_quarters = np.quantile(sizes, (0.25, 0.75))
    width = 2 * (three_quarters - quarter) / sizes.size ** (1 / 3)
    return int(np.clip(np.ceil(sizes.max() / width), *_BINS)) if width > 0 else _BINS[0]


def _unit(study: Study) -> str:
    table = study.measured.objects if len(study.measured.objects) else study.measured.profiles
    return str(table["unit"].iloc[0])


def _colour(study: Study, name: str) -> str:
    return next((c.colour for c in study.classes.classes if c.name == name and name != GRAINS), _GRAIN_COLOUR)


def _short(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    half = _LONGEST_NAME // 2 - 1
    return f"{name[:half]}…{name[-half:]}"
