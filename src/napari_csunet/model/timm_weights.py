"""Weights of timm's encoders (``tu-…``): fetched like all others, and brought to the names that smp gives them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from napari_csunet.errors import WeightsError
from napari_csunet.model.downloads import Watch, fetch_file, quiet
from napari_csunet.model.imagenet import HubFile, fetch_from_hub
from napari_csunet.model.weights import cache_folder
from napari_csunet.model.weights_reading import State

if TYPE_CHECKING:
    from timm.models import PretrainedCfg

TIMM_PREFIX = "tu-"


def fetch_timm(encoder: str, watch: Watch | None = None) -> Path:
    """Path of the weights that timm publishes for ``tu-<name>``, downloaded if need be.

    Raises WeightsError if there are none or no connection.
    """
    published = _published(encoder)
    if published is not None and published.hf_hub_id:
        repository, _, revision = published.hf_hub_id.partition("@")
        return fetch_from_hub(HubFile(repository, revision or None), watch)
    if published is None or not published.url:
        raise WeightsError(
            f"There are no imagenet weights of {encoder}. Choose another CNN encoder, or start from none."
        )
    url = str(published.url)
    return fetch_file(url, cache_folder(), url.rpartition("/")[2], watch)


def _published(encoder: str) -> PretrainedCfg | None:
    """What timm knows of an encoder's weights; None for unknown names, and for unknown tags behind a point."""
    from timm.models import get_pretrained_cfg

    try:
        return get_pretrained_cfg(encoder.removeprefix(TIMM_PREFIX))
    except RuntimeError:
        return None


def in_smp_names(state: State, encoder: str) -> State:
    """The tensors of a file of timm's as ``tu-<name>`` has them, for three channels.

    timm fills a network with what fits and does not tell what stayed at random: that differs from seed to seed, and is
    left out. Raises WeightsError if tensors have other shapes than those of the network.
    """
    first, second = (_filled(encoder, state, seed) for seed in (0, 1))
    return {name: tensor for name, tensor in first.items() if torch.equal(tensor, second[name])}


def _filled(encoder: str, state: State, seed: int) -> State:
    from segmentation_models_pytorch.encoders import get_encoder

    with torch.random.fork_rng(devices=[]), quiet(logging.getLogger("timm.models._builder"), logging.ERROR):
        torch.manual_seed(seed)
        try:
            filled: State = get_encoder(
                encoder, weights=True, pretrained_cfg_overlay={"state_dict": state}
            ).state_dict()
        except (RuntimeError, KeyError, ValueError) as error:
            raise WeightsError(
                f"The imagenet weights of {encoder} are for another network. Delete the file from {cache_folder()} "
                "if you put it there, or choose another CNN encoder."
            ) from error
    return filled
