"""How an export was made, as rows of what and value: for the report and the workbook."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version

from napari_csunet.export.numbers import listed, scale_text
from napari_csunet.export.results import Origin, Result
from napari_csunet.export.study import Study
from napari_csunet.measurement.cleaning import described
from napari_csunet.micrographs.micrograph import PixelSize

_LIBRARIES = ("numpy", "scipy", "scikit-image", "pandas", "tifffile")


def record(study: Study) -> list[tuple[str, str]]:
    """Everything that decides the numbers."""
    return [
        ("made", datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")),
        ("program", f"napari-csunet {version('napari-csunet')}, Python {platform.python_version()}"),
        ("libraries", ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)),
        ("classes", ", ".join(f"{c.value} {c.name} ({c.colour})" for c in study.classes.classes)),
        *_origins(study),
        *_settings(study),
        *(_micrograph(result) for result in study.results),
        *(("notice", notice) for notice in study.notices),
    ]


def _origins(study: Study) -> Iterator[tuple[str, str]]:
    """If they are not the same for all masks, each says of which."""
    origins = study.origins
    for origin, names in origins:
        whose = f" (of {listed(names)})" if len(origins) > 1 else ""
        if origin is None:
            yield f"origin of the masks{whose}", "not recorded: they were given without a checkpoint"
        else:
            yield from _origin(origin, whose)


def _origin(origin: Origin, whose: str) -> Iterator[tuple[str, str]]:
    p = origin.provenance
    stated = " (as stated by whoever exported; masks do not carry this themselves)" if origin.is_stated else ""
    yield f"checkpoint{whose}", f"{origin.file_name}{stated}"
    yield "checkpoint SHA-256", origin.sha256
    if p is None:
        yield "network", "not known: the checkpoint was moved or replaced since"
        return
    yield "network", f"{p.model.architecture}, CNN encoder {p.model.cnn_encoder}, preset {p.training.preset}"
    yield "encoder weights", p.encoder_weights.name
    if p.pixel_size_nm:
        yield "trained at", str(PixelSize(*p.pixel_size_nm))
    if p.label_sha256:
        yield "trained on labels of", ", ".join(p.label_sha256)
    if p.created:
        yield "checkpoint made", f"{p.created} by napari-csunet {p.versions.get('napari-csunet', '?')}"


def _settings(study: Study) -> Iterator[tuple[str, str]]:
    plan, names = study.plan.measured, {c.value: c.name for c in study.classes.classes}
    yield "cleaning", " ".join(described(study.plan.cleanings, study.classes)) or "none"
    yield "objects", listed([name for value, name in names.items() if plan.has_objects(value)]) or "none"
    left_out = [name for v, name in names.items() if not plan.has_objects(v) and v not in (*plan.layers, plan.boundary)]
    if left_out:
        yield "not measured as objects", listed(left_out)
    if any(result.instances is not None for result in study.results):
        yield "touching objects", "as the masks number them"
    yield "objects at the border", plan.border.value
    split = [f"{names[value]} {amount:g}" for value, amount in study.plan.measurement.split.items() if amount]
    if split:
        yield "touching objects split", ", ".join(split)
    if plan.layers:
        yield "layers", listed([names[value] for value in plan.layers])
    if plan.boundary is not None:
        yield "grain boundaries", names[plan.boundary]


def _micrograph(result: Result) -> tuple[str, str]:
    parts = [" × ".join(map(str, result.mask.shape[::-1])) + " px", scale_text(result.scale)]
    header = result.micrograph.acquisition if result.micrograph else None
    if header is not None:
        said = (
            (header.instrument, "{}"),
            (header.voltage_kv, "{:g} kV"),
            (header.magnification, "{:g}×"),
            (header.detector, "detector {}"),
            (header.working_distance_mm, "working distance {:.3g} mm"),
        )
        parts += [text.format(value) for value, text in said if value is not None]
    if result.databar is not None:
        parts.append(f"databar in rows {result.databar.start + 1} to {result.databar.stop}")
    if result.is_corrected:
        parts.append("mask corrected by hand")
    return result.name, ", ".join(parts)
