"""The report: one HTML file that needs no other, with pictures, numbers, and how they were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

from napari_csunet.export.html import escape, figure, heading, linked, swatch
from napari_csunet.export.methods import methods_paragraph
from napari_csunet.export.numbers import count_text, plural, scale_text
from napari_csunet.export.pictures import data_uri
from napari_csunet.export.record import record
from napari_csunet.export.references import Citations
from napari_csunet.export.report_tables import fractions_table, grain_table, layer_table, object_tables, phase_table
from napari_csunet.export.study import Study
from napari_csunet.measurement.summary import GRAINS, POOLED

MOST_PICTURES = 24
"""Overlays that the report holds; all of them are in the folder."""
_COLUMNS, _MOST_COLUMNS = {1: 1, 2: 2, 4: 2}, 3
Pictures = Mapping[str, bytes]


class DrawnPlot(NamedTuple):
    """A plot as SVG."""

    caption: str
    svg: bytes


Plots = Mapping[tuple[str, str], DrawnPlot]


def report_html(study: Study, thumbnails: Pictures, plots: Plots, names: Sequence[str]) -> str:
    """The whole page. thumbnails: JPEG by field of view. plots: by name and class. names: of the other files."""
    style = files("napari_csunet.export").joinpath("report.css").read_text("utf-8")
    body = "\n".join(
        [
            *_head(study),
            *_gallery(study, thumbnails),
            *_phases(study, plots),
            *_objects(study, plots),
            *_others(study, plots),
            *_methods(study),
            *_files(names),
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(study.plan.title)}</title><style>{style}</style></head><body>\n{body}\n</body></html>\n"
    )


def _head(study: Study) -> Iterator[str]:
    facts = [plural(len(study.results), "micrograph"), plural(len(study.classes), "class", "classes")]
    scales = list(dict.fromkeys(scale_text(result.scale) for result in study.results))
    objects = sum(len(study.counted_objects(name)) for name in study.object_classes)
    facts += [", ".join(scales[:3]) + (", …" if len(scales) > 3 else "")]
    facts += [f"{count_text(objects)} objects measured"] if objects else []
    made = dict(record(study))["made"]
    yield f'<header><p class="kicker">napari-csunet · {escape(made)}</p><h1>{escape(study.plan.title)}</h1>'
    yield f'<p class="facts">{escape(" · ".join(facts))}</p></header>'
    if study.notices:
        yield f'<div class="notices">{"".join(f"<p>{escape(notice)}</p>" for notice in study.notices)}</div>'
    yield f'<div class="phases">{"".join(_phase(study, c.name, c.colour) for c in study.classes.classes)}</div>'


def _phase(study: Study, name: str, colour: str) -> str:
    row = study.row("area_fraction", "mean", name)
    is_known = row.value == row.value
    interval = (
        f"95 % confidence: {100 * row.low:.1f} to {100 * row.high:.1f} %" if row.low == row.low else "no interval"
    )
    return (
        f'<div class="phase" style="--colour:{colour}"><div class="name">{escape(name)}</div>'
        f'<div class="share">{f"{100 * row.value:.1f} %" if is_known else "–"}</div>'
        f'<div class="range">{interval}</div></div>'
    )


def _gallery(study: Study, thumbnails: Pictures) -> Iterator[str]:
    yield heading("Micrographs and classes")
    keys = " &nbsp; ".join(swatch(c.colour, c.name) for c in study.classes.classes)
    left_out = len(study.fields) - len(thumbnails)
    more = f" &nbsp; {plural(left_out, 'more is', 'more are')} in the folder." if left_out else ""
    columns = _COLUMNS.get(len(thumbnails), _MOST_COLUMNS)
    yield f'<p class="note">{keys}{more}</p><div class="gallery" style="--columns:{columns}">'
    for name, jpeg in thumbnails.items():
        shares = " · ".join(
            f"{escape(c.name)} {study.row('area_fraction', 'mean', c.name, micrograph=name).value:.3f}"
            for c in study.classes.classes
        )
        yield figure(data_uri(jpeg, "jpeg"), f"<b>{escape(name)}</b>{shares}", f"{name} with its classes")
    yield "</div>"


def _phases(study: Study, plots: Plots) -> Iterator[str]:
    yield heading("Phases")
    yield phase_table(study)
    yield (
        '<p class="note">In brackets: 95 % confidence interval, which takes account of the spatial correlation. Mean '
        "intercept length, mean free path and interface per volume S<sub>V</sub> are those of random test lines; "
        "S<sub>V</sub> supposes that sections at all angles look alike.</p>"
    )
    yield from _plot(plots, "area_fractions", note=_pooled_note(study))
    if len(study.fields) > 1:
        yield heading("Area fraction of each micrograph", 3)
        yield fractions_table(study)
    last = study.classes.class_names[-1]
    method = study.row("area_fraction", "mean", last).method
    if method:
        yield f'<p class="note">Interval of the area fraction of {escape(last)}: {escape(method)}.</p>'


def _pooled_note(study: Study) -> str:
    return f"; the diamond is {POOLED} together." if len(study.fields) > 1 else "."


def _plot(plots: Plots, name: str, class_name: str = "", note: str = "") -> Iterator[str]:
    plot = plots.get((name, class_name))
    if plot is not None:
        caption = f"{plot.caption}{note or '.'}"
        yield figure(data_uri(plot.svg, "svg+xml"), escape(caption), plot.caption)


def _objects(study: Study, plots: Plots) -> Iterator[str]:
    names = study.object_classes
    if not names:
        return
    yield heading("Objects")
    yield from object_tables(study)
    yield (
        '<p class="note">By number unless it says otherwise. D10, D50 and D90 are the diameters below which 10, 50 and '
        "90 % of the objects lie. Circularity below about 20 pixels of area says little.</p>"
    )
    for name in names:
        pair = [*_plot(plots, "sizes", name), *_plot(plots, "cumulative", name)]
        if pair:
            yield f"{heading(name, 3)}<div class='pair'>{''.join(pair)}</div>"


def _others(study: Study, plots: Plots) -> Iterator[str]:
    if study.row("lineal_intercept", "mean, random lines", GRAINS).unit:
        yield heading("Grains")
        yield grain_table(study)
    if study.layer_classes:
        yield heading("Layers")
        yield layer_table(study)
        for name in study.layer_classes:
            yield from _plot(plots, "thickness", name)


def _methods(study: Study) -> Iterator[str]:
    citations = Citations()
    paragraph = methods_paragraph(study, citations)
    yield heading("Methods")
    yield '<p class="note">Ready to paste; one click selects it. Every sentence is about what was done here.</p>'
    yield f'<p class="methods">{escape(paragraph)}</p>'
    yield heading("How it was made")
    rows = "".join(f"<tr><td>{escape(what)}</td><td>{escape(value)}</td></tr>" for what, value in record(study))
    yield f'<table class="record"><tbody>{rows}</tbody></table>'
    yield heading("References")
    items = "".join(f"<li>{linked(reference)}.</li>" for reference in citations.references)
    yield f'<ol class="references">{items}</ol>'


def _files(names: Sequence[str]) -> Iterator[str]:
    yield heading("In the folder")
    yield f'<ul class="files">{"".join(f"<li>{escape(name)}</li>" for name in names)}</ul>'
    yield "<footer>Made with napari-csunet. This file holds everything it shows and can be sent on as it is.</footer>"
