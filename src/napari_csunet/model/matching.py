"""Comparing the tensors of a file with those of a network's part: what fits, what is missing, what is left over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from napari_csunet.errors import WeightsError
from napari_csunet.model.weights_reading import State

SMALLEST_MATCH = 0.95
MOST_STEM_CHANNELS = 4
_TABLE = "relative_position_bias_table"
_ADDED = ".fc3."


@dataclass(frozen=True)
class LoadReport:
    """What became of the tensors of one part of a network ("swin", "cnn" or "decoder").

    matched: loaded, those in ``reshaped`` after adapting them. missing: left at random. unexpected: in the file only.
    matched_share: share of the part's parameters that were loaded; the residual MLP's third layer counts only if the
    file has one, for stock Swin weights do not. source: name or path of the weights, sha256: of their file.
    """

    encoder: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[str, ...]
    matched_share: float
    sha256: str
    source: str = ""


@dataclass(frozen=True)
class Fit:
    """Tensors that fit a part of a network, ready to be loaded. ``is_named``: the file says that they are for it."""

    module: nn.Module
    tensors: State
    report: LoadReport
    is_named: bool = False

    def is_good(self, accept_partial: bool) -> bool:
        share = self.report.matched_share
        return share >= SMALLEST_MATCH or (accept_partial and share > 0)

    def is_misfit(self, accept_partial: bool) -> bool:
        """Whether the tensors are for an encoder like this one, but too few fit; a decoder may do without."""
        is_for_this = self.report.encoder != "decoder" and (self.is_named or self.report.matched_share > 0)
        return is_for_this and not accept_partial and not self.is_good(accept_partial)

    def load(self) -> LoadReport:
        """Puts the tensors into the network."""
        self.module.load_state_dict({**self.module.state_dict(), **self.tensors})
        return self.report


def compare(module: nn.Module, state: State, part: str, source: str, sha256: str) -> Fit:
    """What of ``state`` fits a module by name and, where need be after adapting it, shape. Changes nothing.

    Raises WeightsError if a tensor that fits holds what is not a finite number.
    """
    own = module.state_dict()
    adapted = {name: _adapted(name, tensor, own[name]) for name, tensor in state.items() if name in own}
    matched = {name: tensor for name, tensor in adapted.items() if tensor.shape == own[name].shape}
    _check_finite(matched, source)
    report = LoadReport(
        part,
        tuple(sorted(matched)),
        tuple(sorted(own.keys() - matched.keys())),
        tuple(sorted(state.keys() - matched.keys())),
        tuple(name for name in matched if state[name].shape != own[name].shape),
        matched_share(module, matched, state),
        sha256,
        source,
    )
    return Fit(module, matched, report)


def _check_finite(tensors: State, source: str) -> None:
    for name, tensor in tensors.items():
        if not math.isfinite(float(tensor.sum())):  # one pass, no copy
            raise WeightsError(f"{source} holds values in {name} that are not finite numbers. Choose other weights.")


def matched_share(module: nn.Module, matched: State, state: State) -> float:
    """Share of a module's parameters in ``matched``; 0 if attention has another number of heads in the file."""
    if any(name.endswith(_TABLE) and name in state and name not in matched for name, _ in module.named_parameters()):
        return 0.0
    has_added = any(_ADDED in name for name in state)
    sizes = {name: one.numel() for name, one in module.named_parameters() if has_added or _ADDED not in name}
    return sum(size for name, size in sizes.items() if name in matched) / max(1, sum(sizes.values()))


def _adapted(name: str, tensor: Tensor, target: Tensor) -> Tensor:
    """The tensor in the target's precision and, where that can be done, shape."""
    tensor = tensor.to(target.dtype)
    if tensor.shape == target.shape:
        return tensor
    if name.endswith(_TABLE) and tensor.ndim == 2 and tensor.shape[1] == target.shape[1]:
        return resized_table(tensor, len(target))
    is_stem = tensor.ndim == 4 == target.ndim and tensor[:, 0].shape == target[:, 0].shape
    return stem_for(tensor, target.shape[1]) if is_stem and tensor.shape[1] <= MOST_STEM_CHANNELS else tensor


def resized_table(table: Tensor, length: int) -> Tensor:
    """Relative positions ((2 w - 1)², heads) of a window of w tokens, resized bicubically to those of another window.

    As the official Swin repository does when it fine-tunes at another resolution.
    """
    old, new = round(len(table) ** 0.5), round(length**0.5)
    grid = table.T.reshape(1, -1, old, old)
    return functional.interpolate(grid, size=(new, new), mode="bicubic").flatten(2)[0].T.contiguous()


def stem_for(weight: Tensor, channels: int) -> Tensor:
    """First convolution (out, c, h, w) for another number of channels: the same response to a grey picture.

    That keeps the scale that the following layers expect. Weights from photographs were trained on RGB shifted and
    scaled to mean 0 and spread 1 over ImageNet, a grey picture being three nearly equal channels of that. Here every
    micrograph has mean 0 and spread 1 in each channel, so the sum over the channels of the weights meets the same
    range of values as in pretraining. ``conversion_cnn.INPUT_SPREAD`` has the encoders that were trained otherwise.
    """
    present = weight.shape[1]
    return weight.mean(dim=1, keepdim=True).repeat(1, channels, 1, 1) * (present / channels)
