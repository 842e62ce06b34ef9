"""Why a region is worth labelling, in words for the person who paints."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable

UNLIKE = "Unlike all labelled"
NEW = "Few labels like it"


def reason(doubt: npt.NDArray[np.floating] | None, classes: ClassTable, *, is_unlike: bool, is_new: bool) -> str:
    """doubt: mean of p (1 − p) of each class in the region, p being its probability; None if nothing was learnt."""
    seen = UNLIKE if is_unlike else NEW if is_new else ""
    if doubt is None:
        return f"{seen or 'Common in the micrographs'}."
    first, second = (classes.class_names[i] for i in np.argsort(doubt)[::-1][:2])
    return f"{seen or 'Unsure'}: {first} or {second}?"
