"""The paragraph for the *Methods* section: sentences about what was done, and about nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from napari_csunet.export.numbers import listed, number_text, plural, scale_text
from napari_csunet.export.references import Citations
from napari_csunet.export.results import Origin
from napari_csunet.export.study import Study
from napari_csunet.measurement.bootstrap import REPLICATES
from napari_csunet.measurement.border import Border
from napari_csunet.measurement.cleaning import Cleaning
from napari_csunet.measurement.summary import GRAINS, POOLED
from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.micrograph import PixelSize

_NETWORKS = {"csunet": "CS-UNet", "unet": "U-Net", "unetplusplus": "U-Net++", "swin-unet": "Swin-Unet"}


def methods_paragraph(study: Study, citations: Citations) -> str:
    """Plain text; sources are cited as numbers of ``citations``."""
    sentences = [*_micrographs(study), *_masks(study, citations), *_cleaning(study), *_phases(study, citations)]
    sentences += [*_intervals(study, citations), *_objects(study, citations), *_grains(study, citations)]
    return " ".join([*sentences, *_layers(study, citations), _program(citations)])


def _micrographs(study: Study) -> Iterator[str]:
    count, fields = len(study.results), len(study.fields)
    stacks = f" with {fields} slices in all" if fields > count else ""
    names = listed(study.classes.class_names)
    which = f"{plural(count, 'micrograph')}{stacks} {_with(_sizes(study))}"
    yield f"Masks of {which}with the classes {names} were measured."
    yield from _acquisition([r.micrograph.acquisition if r.micrograph else None for r in study.results])
    barred = sum(result.databar is not None for result in study.results)
    if barred:
        yield f"The databar was excluded{'' if barred == count else f' from {barred} of them'}."


def _with(text: str) -> str:
    return f"({text}) " if text else ""


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _sizes(study: Study) -> str:
    shapes = {result.mask.shape[-2:] for result in study.results}
    scales = [result.scale for result in study.results if result.scale is not None]
    pixels = " × ".join(map(str, next(iter(shapes))[::-1])) + " pixels" if len(shapes) == 1 else ""
    return ", ".join(filter(None, [pixels, _scales(scales)]))


def _scales(scales: list[PixelSize]) -> str:
    if not scales:
        return "pixel size unknown"
    texts = {scale_text(scale).replace("/px", " per pixel") for scale in scales}
    if len(texts) == 1:
        return texts.pop()
    sides = sorted((s.y_nm * s.x_nm) ** 0.5 for s in scales)
    return f"{number_text(sides[0])} to {number_text(sides[-1])} nm per pixel"


def _acquisition(headers: list[Acquisition | None]) -> Iterator[str]:
    """Only what the headers of all micrographs agree on."""
    known = [h for h in headers if h is not None]
    if not known or len(known) < len(headers):
        return
    first = known[0]
    names = [name for name in vars(first) if all(getattr(h, name) == getattr(first, name) for h in known)]
    texts = {
        "instrument": f"with a {first.instrument}",
        "voltage_kv": f"at {first.voltage_kv:g} kV" if first.voltage_kv else "",
        "working_distance_mm": f"at a working distance of {first.working_distance_mm:.3g} mm"
        if first.working_distance_mm
        else "",
        "detector": f"with the detector {first.detector}",
    }
    said = [text for name, text in texts.items() if name in names and getattr(first, name)]
    if said:
        yield f"According to their headers, they were taken {', '.join(said)}."


def _masks(study: Study, citations: Citations) -> Iterator[str]:
    origins = study.origins
    if not any(origin for origin, _ in origins):
        return
    for origin, names in origins:
        if origin is not None:
            which = "They were" if len(origins) == 1 else f"Those of {listed(names)} were"
            yield from _network(origin, which, citations)
    corrected = sum(result.is_corrected for result in study.results)
    if corrected:
        yield f"{plural(corrected, 'mask').capitalize()} {_were(corrected)} then corrected by hand."


def _network(origin: Origin, which: str, citations: Citations) -> Iterator[str]:
    """``which``: the masks, with a verb."""
    file, p = f"SHA-256 {origin.sha256[:12]}…", origin.provenance
    if p is None:
        yield f"{which} predicted with the model file {origin.file_name} ({file})."
        return
    model = p.model
    encoder = "" if model.architecture == "swin-unet" else f" with the CNN encoder {model.cnn_encoder}"
    network = f"{_NETWORKS[model.architecture]} {citations.cite(model.architecture)}{encoder}"
    scale = f" at 1/{p.reduction} of the resolution" if p.reduction > 1 else ""
    yield f"{which} predicted{scale} with {network} (model file {origin.file_name}, {file})."
    weights = p.encoder_weights
    micronet = (
        f" {citations.cite('micronet')}" if "micronet" in " ".join([weights.name, *weights.sources.values()]) else ""
    )
    start = "random weights" if weights.name == "none" else f"the weights “{weights.name}”{micronet}"
    steps = f" for {p.history[-1]['step']:.0f} steps" if p.history and "step" in p.history[-1] else ""
    labels = f" on the labels of {plural(len(p.label_sha256), 'micrograph')}" if p.label_sha256 else ""
    yield f"The network had been trained{steps}{labels}, starting from {start}."
    if isinstance(p.metrics.get("mean_iou"), float) and np.isfinite(p.metrics["mean_iou"]):
        where = p.metrics.get("measured_on", "validation data")
        yield f"Its mean intersection over union was {p.metrics['mean_iou']:.3f} on {where}."


def _cleaning(study: Study) -> Iterator[str]:
    for c in study.classes.classes:
        steps = study.plan.cleanings.get(c.value, Cleaning()).model_copy(update={"split": 0}).described()
        if steps:
            yield f"The class {c.name} was cleaned: {steps}."
    changed, pixels = sum(r.changed_pixels for r in study.results), sum(r.mask.size for r in study.results)
    if changed:
        yield f"Cleaning changed {number_text(100 * changed / pixels, 2)} % of the pixels."
    classless = sum(int(np.isin(r.mask, study.classes.values, invert=True).sum()) for r in study.results)
    if classless:
        yield f"The {number_text(100 * classless / pixels, 2)} % of the pixels that belonged to no class were left out."


def _phases(study: Study, citations: Citations) -> Iterator[str]:
    yield (
        "The area fraction of a class is its share of all pixels that belong to a class. Mean intercept length, mean "
        f"free path {citations.cite('underwood', 'fullman')} and interface per volume S_V {citations.cite('smith')} "
        "were obtained from test lines through all pixels in eight directions, weighted by the angles that they stand "
        f"for {citations.cite('legland')}."
    )
    if len(study.measured.correlation):
        yield f"Two-point correlation functions were computed by Fourier transform {citations.cite('torquato')}."


def _intervals(study: Study, citations: Citations) -> Iterator[str]:
    pooled = study.measured.summary[study.measured.summary["micrograph"] == POOLED]
    if not np.isfinite(pooled["low"]).any():
        return
    fields, sources = (
        len(study.fields),
        ["politis", "lahiri", "hesterberg", *(["davison"] if len(study.fields) > 1 else [])],
    )
    levels = f"within the {fields} fields of view and among them" if fields > 1 else "within the field of view"
    yield (
        f"Intervals are 95 % confidence intervals from a bootstrap with {REPLICATES} replicates of blocks wider than "
        f"the correlation of the microstructure, drawn {levels} {citations.cite(*sources)}."
    )


def _objects(study: Study, citations: Citations) -> Iterator[str]:
    named = [name for name in study.object_classes if name != GRAINS]
    if not named:
        return
    given = any(result.instances is not None for result in study.results)
    what = "those that the masks number" if given else "regions of pixels that touch at a side or a corner"
    yield f"Objects of {listed(named)} are {what}."
    yield from _split(study, citations)
    yield _border(study.plan.measured.border, citations)
    counts = [
        f"{study.row('count', 'counted', n).value:.0f} of {study.row('count', 'all objects', n).value:.0f} ({n})"
        for n in named
    ]
    yield f"This left {listed(counts)}."
    yield (
        f"Sizes are given as the diameter of the circle of equal area {citations.cite('iso9276')}; perimeters follow "
        f"Crofton's formula {citations.cite('legland')}, nearest-neighbour distances were corrected for the border "
        f"{citations.cite('hanisch')}."
    )


def _split(study: Study, citations: Citations) -> Iterator[str]:
    for c in study.classes.classes:
        amount = study.plan.measured.split.get(c.value, 0)
        if amount and c.name in study.object_classes:
            yield (
                f"Touching objects of {c.name} were separated by a watershed of the distance transform "
                f"{citations.cite('vincent')} where they were narrower than {amount:g} of the smaller one's width."
            )


def _border(border: Border, citations: Citations) -> str:
    if border is Border.MILES_LANTUEJOUL:
        sources = citations.cite("miles", "lantuejoul")
        return (
            f"Those cut by the border were left out and the others weighted by the Miles–Lantuéjoul method {sources}."
        )
    if border is Border.GUARD_FRAME:
        return f"Only those whose centroid lay within a guard frame were counted {citations.cite('gundersen')}."
    return "Objects cut by the border were counted as well, without correction."


def _grains(study: Study, citations: Citations) -> Iterator[str]:
    intercept = study.row("lineal_intercept", "mean, random lines", GRAINS)
    if np.isfinite(intercept.value):
        number = study.row("grain_size_number", "ASTM E112 G", GRAINS)
        size = f" and the grain size number {number.value:.1f}" if np.isfinite(number.value) else ""
        yield f"The mean lineal intercept of the grains{size} follow ASTM E112 {citations.cite('e112')}."


def _layers(study: Study, citations: Citations) -> Iterator[str]:
    if study.layer_classes:
        yield (
            f"The thickness of {listed(study.layer_classes)} was measured on parallel lines perpendicular to the mean "
            f"direction of the layer {citations.cite('iso1463')}."
        )


def _program(citations: Citations) -> str:
    from importlib.metadata import version

    return (
        f"Measurements were made with napari-csunet {version('napari-csunet')} {citations.cite('csunet')}, "
        f"scikit-image {version('scikit-image')} {citations.cite('skimage')} and SciPy {version('scipy')} "
        f"{citations.cite('scipy')}."
    )
