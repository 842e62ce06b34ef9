"""What an exported model says about itself in words."""

from __future__ import annotations

from napari_csunet.checkpoint import Provenance
from napari_csunet.export.traceable import SMALLEST_SIDE
from napari_csunet.micrographs.micrograph import PixelSize

_README = """# {title}

{summary}

Made with [napari-csunet](https://pypi.org/project/napari-csunet/) from a checkpoint of {created}.

## Classes

| channel | value in masks | class |
| --- | --- | --- |
{classes}

The mask is the class with the highest probability at each pixel.

## Input

A micrograph of {channels}, at least {smallest} × {smallest} pixels, {pixel_size}.
{reduction}

Intensities are clipped to the percentiles {low:g} and {high:g} of the picture; then its mean is subtracted, and it is
divided by its standard deviation. Where pictures are cut into tiles, use the same limits, mean and standard deviation
for all tiles of a picture: those of the whole. The bar with scale and text below a picture should be cut off.

## Differences from napari-csunet

The network computes in float32. napari-csunet itself may use bfloat16 on graphics cards, blends overlapping tiles, and
where the network works at a reduced scale it brings probability back to full resolution along the edges of the
micrograph. None of this is in the package.

## Validation

{scores}
The test input is a synthetic micrograph that comes with napari-csunet. It is there to check that programs compute the
same, and says nothing about how well the network segments. Compare masks with some drawn by hand on micrographs of your
own (`napari-csunet evaluate`), and look at the classes one by one.

## Licence

The code and the encoder weights that come with napari-csunet are under BSD-3-Clause, and so is this package unless
whoever made it changes the line `license` of rdf.yaml. Encoder weights: {weights}.
"""


def one_line(provenance: Provenance) -> str:
    """Such as "Segments micrographs into matrix and pore at 24 nm/px."."""
    *names, last = provenance.classes.class_names
    listed = f"{', '.join(names)} and {last}" if names else last
    size = "" if provenance.pixel_size_nm is None else f" at {_working_size(provenance)}"
    return f"Segments micrographs into {listed}{size}."[:512]


def documentation(provenance: Provenance) -> str:
    """README.md of a package."""
    model, limits = provenance.model, provenance.normalisation
    rows = [f"| {index} | {entry.value} | {entry.name} |" for index, entry in provenance.classes.entries()]
    return _README.format(
        title=f"{model.architecture} for {', '.join(provenance.classes.class_names)}",
        summary=one_line(provenance),
        created=provenance.created or "unknown date",
        classes="\n".join(rows),
        channels="one channel" if model.in_channels == 1 else f"{model.in_channels} channels",
        smallest=SMALLEST_SIDE,
        pixel_size=_pixel_size(provenance),
        reduction=reduction_words(provenance.reduction),
        low=limits.low_percentile,
        high=limits.high_percentile,
        scores=_scores(provenance),
        weights=provenance.encoder_weights.name,
    )


def reduction_words(reduction: int) -> str:
    """What has to be done to a picture first."""
    if reduction == 1:
        return "The network works at the full resolution of the micrographs it was trained on."
    return (
        f"**Reduce pictures first.** The network works at 1/{reduction} of the resolution of the micrographs it was "
        f"trained on: replace every block of {reduction} × {reduction} pixels by its mean, and enlarge the probability "
        f"{reduction} times afterwards. The format has no step for this."
    )


def _working_size(provenance: Provenance) -> str:
    size = provenance.pixel_size_nm
    return "" if size is None else str(PixelSize(*size).times(provenance.reduction))


def _pixel_size(provenance: Provenance) -> str:
    if provenance.pixel_size_nm is None:
        return "of the pixel size it was trained at, which was not recorded"
    return f"at {_working_size(provenance)}, the working scale"


def _scores(provenance: Provenance) -> str:
    metrics = provenance.metrics
    if "mean_iou" not in metrics:
        return "The network was not validated when it was trained.\n"
    classes = "".join(f"* {name}: IoU {iou:.3f}\n" for name, iou in metrics.get("iou", {}).items())
    where = metrics.get("measured_on", "validation")
    return f"Mean IoU {metrics['mean_iou']:.3f} on {where} when it was trained.\n\n{classes}"
