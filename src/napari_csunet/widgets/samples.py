"""The sample micrographs as layers: images with their pixel size, strokes where somebody has painted some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from napari_csunet.classes import ClassTable
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.reading import read_labels, read_micrograph
from napari_csunet.samples import sample_classes, sample_files
from napari_csunet.widgets.layers import layer_name, note
from napari_csunet.widgets.result_layers import LABEL_OPACITY, class_features, colormap_of

LayerData = tuple[Any, dict[str, Any], str]


def open_superalloy() -> list[LayerData]:
    return list(sample_layers("superalloy"))


def open_particles() -> list[LayerData]:
    return list(sample_layers("particles"))


OPENERS: dict[str, Callable[[], list[LayerData]]] = {"superalloy": open_superalloy, "particles": open_particles}


def sample_layers(name: str) -> Iterator[LayerData]:
    """Layers of a sample, each read when it is its turn; only the first micrograph and its strokes are shown."""
    classes = sample_classes(name)
    for number, (image, _, strokes) in enumerate(sample_files(name)):
        yield _image_layer(image, visible=number == 0)
        if strokes is not None:
            yield _label_layer(image, strokes, classes, visible=number == 0)


def _image_layer(path: Path, *, visible: bool) -> LayerData:
    micrograph = read_micrograph(path)
    options = {"name": micrograph.name, "visible": visible, **placement(micrograph.pixel_size)}
    return micrograph.pixels[0, ..., 0], options, "image"


def _label_layer(image: Path, strokes: Path, classes: ClassTable, *, visible: bool) -> LayerData:
    options = {
        "name": layer_name(image.stem, "labels"),
        "visible": visible,
        "opacity": LABEL_OPACITY,
        "colormap": colormap_of(classes),
        "features": class_features(classes),
        "metadata": note("labels", classes),
        **placement(read_micrograph(image).pixel_size),
    }
    return read_labels(strokes), options, "labels"


def placement(pixel_size: PixelSize | None) -> dict[str, Any]:
    """Scale and units, in micrometres, of a flat layer with this pixel size."""
    if pixel_size is None:
        return {}
    return {"scale": (pixel_size.y_nm / 1000, pixel_size.x_nm / 1000), "units": ("um", "um")}
