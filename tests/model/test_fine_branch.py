"""The branch of plain convolutions: it joins the decoder without disturbing what weights have taught it."""

from __future__ import annotations

import torch

from napari_csunet.config import ModelConfig, TrainingConfig
from napari_csunet.model.csunet import CSUNet
from napari_csunet.model.fine_branch import WIDTH, FineBranch
from napari_csunet.model.weight_loading import load_encoder_weights
from napari_csunet.model.zoo import build_model, model_config, without_details


def network(*, fine_branch: bool) -> CSUNet:
    config = ModelConfig(embedding=16, depths=(1, 1, 1, 1), heads=(1, 2, 4, 8), detail=True, fine_branch=fine_branch)
    made = build_model(config).network
    assert isinstance(made, CSUNet)
    return made.eval()


def test_its_maps_have_the_sizes_of_their_strides() -> None:
    half, quarter = FineBranch(2, 48)(torch.randn(1, 2, 64, 96))
    assert half.shape == (1, WIDTH, 32, 48)
    assert quarter.shape == (1, 16, 24, 48)


@torch.no_grad()
def test_it_reaches_the_logits_by_both_ways() -> None:
    made, image = network(fine_branch=True), torch.randn(1, 1, 64, 64)
    before = made(image)
    assert made.fine is not None
    assert made.detail is not None
    assert made.detail.mix_half is not None
    made.detail.mix_half.weight.zero_()
    without_half = made(image)
    made.fine.to_decoder.weight.zero_()
    without_both = made(image)
    assert not torch.allclose(before, without_half)
    assert not torch.allclose(without_half, without_both)


def test_a_network_without_it_has_none_of_its_tensors_and_an_older_description_means_that() -> None:
    names = set(network(fine_branch=False).state_dict())
    assert set(network(fine_branch=True).state_dict()) - names >= {"fine.to_decoder.weight", "detail.mix_half.weight"}
    assert not ModelConfig.model_validate({"detail": True}).fine_branch


def test_the_bundled_weights_fill_encoders_and_decoder_beside_it() -> None:
    training = TrainingConfig()
    config = model_config(training, 1, 3)
    assert config.fine_branch
    assert not without_details(config).fine_branch
    reports = load_encoder_weights(build_model(config), config, training)
    assert {report.encoder: report.matched_share for report in reports} == {"swin": 1.0, "cnn": 1.0, "decoder": 1.0}
