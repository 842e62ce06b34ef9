"""A mask as a layer: tells how sure the prediction is under the cursor, and notices corrections by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels

from napari_csunet.reports import Prediction
from napari_csunet.widgets.engine import SurePrediction


class MaskLabels(Labels):  # type: ignore[misc, unused-ignore]
    """``is_corrected`` once somebody painted on the mask, or gave it other pixels, since it was set.

    ``is_unknown``: it comes from a file of which nobody knows whether it was corrected.
    """

    def __init__(self, mask: npt.NDArray[np.integer], **options: Any) -> None:
        super().__init__(mask, **options)
        self.is_corrected = self.is_unknown = False
        self._share: npt.NDArray[np.floating] | None = None
        self._wording = ""
        for event in (self.events.paint, self.events.labels_update, self.events.data):
            event.connect(self._on_changed)

    @property
    def may_be_corrected(self) -> bool:
        return self.is_corrected or self.is_unknown

    def set_mask(self, mask: npt.NDArray[np.integer]) -> None:
        """What a network has made."""
        self.data = mask
        self.is_corrected = self.is_unknown = False

    def set_cleaned(self, mask: npt.NDArray[np.integer]) -> None:
        """The mask after a clean-up, or as it was before: that corrects nothing by hand."""
        before = self.is_corrected
        self.data = mask
        self.is_corrected = before

    def set_sureness(self, prediction: Prediction) -> None:
        """The probability of the class if it is known, else the margin to the second best, if that is known."""
        best = prediction.best_probability if isinstance(prediction, SurePrediction) else None
        if best is not None:
            self._share, self._wording = best, "{} sure"
        elif prediction.uncertainty is not None:
            self._share, self._wording = 1 - prediction.uncertainty, "margin {}"
        else:
            self._share = None

    @property
    def _type_string(self) -> str:
        return "labels"  # what writers and napari's own code know

    def get_status(self, position: Any = None, **options: Any) -> dict[str, str]:
        status: dict[str, str] = super().get_status(position, **options)
        share = self._share_at(position, options.get("world", False))
        if share is None:
            return status
        ending = ", " + self._wording.format(f"{share:.0%}".replace("%", " %"))
        told = {key: status[key] for key in ("coordinates", "value") if status.get(key)}
        return status | {key: re.sub(r"\d+; class: ", "", text) + ending for key, text in told.items()}

    def _share_at(self, position: Any, world: bool) -> float | None:
        if self._share is None or position is None:
            return None
        point = self.world_to_data(position) if world else np.asarray(position)
        index = tuple(np.round(point[-self._share.ndim :]).astype(int))
        if any(not 0 <= i < length for i, length in zip(index, self._share.shape, strict=True)):
            return None
        return float(self._share[index])

    def _on_changed(self, event: object = None) -> None:
        self.is_corrected = True
