"""How sure a prediction is of itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def margin_uncertainty(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """1 − (best − second best probability): 0 where the network is sure, 1 where two classes are equally likely.

    probability: (classes, …); the result has the remaining shape. With a single class it is 0.
    """
    if len(probability) < 2:
        return np.zeros(probability.shape[1:], np.float32)
    top_two = np.partition(probability, -2, axis=0)[-2:]
    uncertainty: npt.NDArray[np.float32] = 1 - (top_two[1] - top_two[0])
    return uncertainty
