"""CNN weights in the names of the networks they were trained as, brought to smp's encoders.

MicroNet was trained with torchvision, pretrainedmodels and efficientnet-pytorch (NASA's pretraining script). smp's
encoders are the same networks without the classifier: docs/encoder-weights.md has the comparison, one by one.
"""

from __future__ import annotations

import re

from napari_csunet.model.conversion_lite import lite_to_timm
from napari_csunet.model.weights_reading import State

STEMS = {
    "inceptionresnetv2": "conv2d_1a.conv.weight",
    "inceptionv4": "features.0.conv.weight",
    "xception": "conv1.weight",
}
INPUT_SPREAD = 0.45
"""Spread of photographs as these encoders were trained on them: their values run from -1 to 1 (mean 0.5, divisor 0.5),
while all others saw ImageNet's spread of about 0.226 divided by about 0.226."""

_DENSE = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")


def to_smp_encoder(state: State, encoder: str) -> State:
    """Names without the wrapper of whole smp models, and of torchvision's DenseNet files from before version 0.3.

    The input layer is scaled, so that it answers to our micrographs of spread 1 as it did to its training pictures.
    """
    inside = {name.removeprefix("encoder."): tensor for name, tensor in state.items() if name.startswith("encoder.")}
    state = {_DENSE.sub(r"\1\2", name): tensor for name, tensor in lite_to_timm(inside or state).items()}
    stem = STEMS.get(encoder)
    if stem in state:
        state[stem] = state[stem] * INPUT_SPREAD
    return state
