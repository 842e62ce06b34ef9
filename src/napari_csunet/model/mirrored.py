"""Mirrored initialisation: the decoder's Swin blocks start from the Swin encoder's (Alrfou et al. 2023)."""

from __future__ import annotations

from napari_csunet.model.decoder import Decoder
from napari_csunet.model.matching import LoadReport, compare
from napari_csunet.model.swin_encoder import SwinEncoder

MIRRORED = "the Swin encoder, mirrored"


def mirror_into_decoder(swin: SwinEncoder, decoder: Decoder, sha256: str = "") -> LoadReport:
    """Decoder stage 3 - i gets the weights of encoder stage i, both at the same stride.

    The first decoder stage, at stride 16, is number 1: it stands first in ``decoder.stages``.
    """
    state = {
        f"stages.{2 - i}.{name}": tensor for i in (0, 1, 2) for name, tensor in swin.stages[i].state_dict().items()
    }
    return compare(decoder, state, "decoder", MIRRORED, sha256).load()
