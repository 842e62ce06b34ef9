"""What the network said, kept with its mask layer, on which people paint: its mask, and how sure it was of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from napari.layers import Labels, Layer

from napari_csunet.classes import ClassTable
from napari_csunet.inference.class_translation import in_label_values, label_values
from napari_csunet.inference.correction import best_probability_bound, contradicted
from napari_csunet.reports import Prediction
from napari_csunet.widgets.engine import SurePrediction
from napari_csunet.widgets.layers import classes_of, finest

PREDICTED, CORRECTED = "napari-csunet predicted", "napari-csunet corrected"
"""Keys in the metadata of a mask layer and of a label layer."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """mask: what the network made, whatever was painted since. uncertainty, best_probability: of its shape, or None."""

    mask: npt.NDArray[np.unsignedinteger]
    class_count: int
    best_probability: npt.NDArray[np.floating] | None
    uncertainty: npt.NDArray[np.floating] | None

    @property
    def knows_sureness(self) -> bool:
        return self.best_probability is not None or self.uncertainty is not None

    def certain(self, place: Any, now: npt.NDArray[np.integer], threshold: float) -> npt.NDArray[np.bool_]:
        """Pixels at ``place`` of at least this probability of the best class, and those painted since, see ``now``."""
        if self.best_probability is not None:
            best = self.best_probability[place]
        elif self.uncertainty is not None:
            best = best_probability_bound(self.uncertainty[place], self.class_count)
        else:
            return np.zeros(now.shape, bool)
        sure: npt.NDArray[np.bool_] = (best >= threshold) | (now != self.mask[place])
        return sure


def remember_predicted(layer: Layer, prediction: Prediction, classes: ClassTable) -> None:
    best = prediction.best_probability if isinstance(prediction, SurePrediction) else None
    kept = Predicted(prediction.mask.copy(), len(classes), best, prediction.uncertainty)
    layer.metadata = {**layer.metadata, PREDICTED: kept}


def predicted_of(layer: Layer) -> Predicted | None:
    return cast("Predicted | None", layer.metadata.get(PREDICTED))


def remember_corrections(labels: Labels, mask: Layer) -> None:
    """Keeps what the labels correct in a mask that is about to be replaced."""
    places = corrected_places(labels, mask)
    if places is not None:
        labels.metadata = {**labels.metadata, CORRECTED: places}


@dataclass(frozen=True, eq=False)
class Corrections:
    """What is needed to find out, later and in another thread, where labels correct a network.

    earlier: where they corrected masks that have been replaced since. mask: of the network.
    label_values: which value of the labels each of its values is.
    """

    earlier: npt.NDArray[np.bool_] | None
    mask: npt.NDArray[np.unsignedinteger] | None
    label_values: Mapping[int, int]

    def places(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_] | None:
        """Where these labels say something else than the network did; None: nowhere."""
        places = np.zeros(values.shape, bool)
        if self.earlier is not None and self.earlier.shape == values.shape:
            places |= self.earlier & (values != 0)
        if self.mask is not None and self.mask.shape == values.shape:
            said = in_label_values(self.mask, self.label_values)
            places |= contradicted(values, said, self.label_values.values())
        return places if places.any() else None


def corrections_of(labels: Labels, mask: Layer | None, painted: ClassTable | None = None) -> Corrections:
    """What the labels may correct: this mask, and earlier ones. ``painted``: classes of labels that carry none."""
    predicted, classes = predicted_of(mask) if mask is not None else None, classes_of(mask.metadata) if mask else None
    known = predicted is not None and classes is not None
    return Corrections(
        labels.metadata.get(CORRECTED),
        predicted.mask if predicted is not None and known else None,
        label_values(classes, classes_of(labels.metadata) or painted or classes) if classes is not None else {},
    )


def corrected_places(labels: Labels, mask: Layer | None) -> npt.NDArray[np.bool_] | None:
    """Pixels at which labels say something else than the network did, in this mask or an earlier one; None: nowhere."""
    return corrections_of(labels, mask).places(np.asarray(finest(labels)))
