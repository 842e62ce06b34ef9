"""Windows, shifts and masks are right at every size, not only at the one a block was built for."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from napari_csunet.config import ModelConfig
from napari_csunet.model.swin_encoder import SwinBlock, SwinEncoder, window_mask

SIDE, SHIFT, CHANNELS = 4, 2, 8


def block(shifted: bool) -> SwinBlock:
    torch.manual_seed(0)
    made = SwinBlock(CHANNELS, heads=2, window=SIDE, shifted=shifted, residual_mlp=True).eval()
    torch.nn.init.normal_(made.attn.relative_position_bias_table)
    return made


def attention_by_definition(made: SwinBlock, x: Tensor, shift: int) -> Tensor:
    """Window attention with windows cut straight out of the image, border windows smaller, nothing padded or rolled."""
    result = torch.zeros_like(x)
    for top in range(-shift, x.shape[1], SIDE):
        for left in range(-shift, x.shape[2], SIDE):
            rows, columns = slice(max(0, top), top + SIDE), slice(max(0, left), left + SIDE)
            part = x[:, rows, columns]
            ys, xs = range(x.shape[1])[rows], range(x.shape[2])[columns]
            places = [(y - top) * SIDE + column - left for y in ys for column in xs]
            if places:
                result[:, rows, columns] = _attend(made, part.flatten(1, 2), places).view_as(part)
    return result


def _attend(made: SwinBlock, tokens: Tensor, places: list[int]) -> Tensor:
    attention = made.attn
    query, key, value = (
        part.view(*tokens.shape[:2], attention.num_heads, -1).transpose(1, 2)
        for part in attention.qkv(tokens).chunk(3, dim=-1)
    )
    bias = attention._get_rel_pos_bias()[:, :, places][:, :, :, places]
    mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    projected: Tensor = attention.proj(mixed.transpose(1, 2).flatten(2))
    return projected


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("size", [(4, 4), (8, 12), (5, 7), (1, 3), (9, 4)])
def test_attention_equals_its_definition_at_every_size(shifted: bool, size: tuple[int, int]) -> None:
    made, x = block(shifted), torch.randn(2, *size, CHANNELS)
    with torch.inference_mode():
        expected = attention_by_definition(made, x, SHIFT if shifted else 0)
        torch.testing.assert_close(made._attn(x), expected, atol=1e-5, rtol=1e-4)


@settings(deadline=None)
@given(st.integers(1, 19), st.integers(1, 19))
def test_padding_is_never_attended_to(height: int, width: int) -> None:
    mask = window_mask(height, width, SIDE, SHIFT)
    tokens = torch.zeros(1, height, width, 1)
    padded = functional.pad(tokens + 1, (0, 0, 0, -width % SIDE, 0, -height % SIDE)).roll((-SHIFT, -SHIFT), (1, 2))
    real = padded.view(1, padded.shape[1] // SIDE, SIDE, -1, SIDE).transpose(2, 3).reshape(-1, SIDE * SIDE) > 0
    assert (mask[real[:, :, None] & ~real[:, None, :]] < 0).all()


def test_a_prediction_does_not_change_when_the_canvas_around_the_image_grows() -> None:
    torch.manual_seed(0)
    encoder = SwinEncoder(ModelConfig(embedding=8, heads=(1, 2, 2, 4), depths=(2, 1, 1, 1), window=4)).eval()
    image = torch.rand(1, 1, 96, 96)
    grown = functional.pad(image, (0, 64, 0, 64), mode="reflect")
    with torch.inference_mode():
        near, far = encoder(image), encoder(grown)
    # (b, h, w, c): shifted windows of the first stage reach 2 tokens beyond a window of 4
    torch.testing.assert_close(near[0], far[0][:, :24, :24], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(near[1][:, :8, :8], far[1][:, :8, :8], atol=1e-5, rtol=1e-4)
