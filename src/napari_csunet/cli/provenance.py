"""What ``napari-csunet info`` tells a person about a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from napari_csunet.micrographs.micrograph import PixelSize

if TYPE_CHECKING:
    from napari_csunet.checkpoint import Provenance


def provenance_text(provenance: Provenance) -> str:
    """A line for each thing worth knowing, what is unknown left out."""
    lines = [(name, text) for name, text in _lines(provenance) if text]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:{width}}  {text}" for name, text in lines)


def _lines(provenance: Provenance) -> Iterator[tuple[str, str]]:
    model, training = provenance.model, provenance.training
    yield "classes", ", ".join(f"{entry.value} {entry.name}" for entry in provenance.classes.classes)
    yield "network", f"{model.architecture}, preset {training.preset}, CNN encoder {model.cnn_encoder}"
    yield "size", f"{model.embedding} channels, depths {_dashed(model.depths)}, window {model.window}"
    yield "input", f"{model.in_channels} channel{'s' if model.in_channels > 1 else ''}"
    yield "encoder weights", _weights(provenance)
    yield (
        "working scale",
        f"1/{provenance.reduction} of the resolution" if provenance.reduction > 1 else "full resolution",
    )
    yield "pixel size", str(PixelSize(*provenance.pixel_size_nm)) if provenance.pixel_size_nm else ""
    yield "labels of", ", ".join(provenance.label_sha256)
    yield "trained", _trained(provenance)
    yield "scores", _scores(provenance.metrics)
    yield "made", f"{provenance.created} by napari-csunet {provenance.versions.get('napari-csunet', '?')}"


def _weights(provenance: Provenance) -> str:
    """The name asked for, and what each part got where that differs."""
    weights = provenance.encoder_weights
    others = [f"{part} {source}" for part, source in weights.sources.items() if source != weights.name]
    return f"{weights.name} ({', '.join(others)})" if others else weights.name


def _dashed(numbers: tuple[int, ...]) -> str:
    return "-".join(map(str, numbers))


def _trained(provenance: Provenance) -> str:
    """From the last line of the history, such as "4.9 minutes, 812 steps, patches of 192 pixels, seed 0"."""
    training, last = provenance.training, provenance.history[-1] if provenance.history else {}
    parts = [f"{last['seconds'] / 60:.1f} minutes"] if "seconds" in last else []
    parts += [f"{last['step']:.0f} steps"] if "step" in last else []
    parts += [f"patches of {training.patch_size} pixels"] if training.patch_size else []
    return ", ".join((*parts, f"seed {training.seed}"))


def _scores(metrics: dict[str, Any]) -> str:
    if "mean_iou" not in metrics:
        return "none: it was not validated"
    per_class = ", ".join(f"{name} {iou:.3f}" for name, iou in metrics.get("iou", {}).items())
    overall = f"mean IoU {metrics['mean_iou']:.3f}, pooled IoU {metrics['pooled_iou']:.3f}"
    return f"{overall} on {metrics.get('measured_on', 'validation')} ({per_class})"
