"""NASA's MicroNet encoders (Stuckner et al. 2022, npj Comput. Mater. 8, 200): which there are, and their files."""

from __future__ import annotations

import os
from pathlib import Path

from napari_csunet.errors import WeightsError
from napari_csunet.model.downloads import Watch, fetch_file
from napari_csunet.model.weights import cache_folder

URL = "https://nasa-public-data.s3.amazonaws.com/microscopy_segmentation_models/"
URL_VARIABLE = "NAPARI_CSUNET_MICRONET_URL"

MILLION_VALUES: dict[str, float] = {
    **{"densenet121": 7.0, "densenet161": 26.7, "densenet169": 12.6, "densenet201": 18.3},
    **{"dpn68": 11.8, "dpn68b": 11.8, "dpn92": 35.1, "dpn98": 59.0, "dpn107": 84.4, "dpn131": 76.8},
    **{"efficientnet-b0": 4.0, "efficientnet-b1": 6.6, "efficientnet-b2": 7.8, "efficientnet-b3": 10.8},
    **{"efficientnet-b4": 17.7, "efficientnet-b5": 28.5, "efficientnet-b6": 41.0, "efficientnet-b7": 64.1},
    **{"inceptionresnetv2": 54.4, "inceptionv4": 41.2, "mobilenet_v2": 2.3},
    **{"resnet18": 11.2, "resnet34": 21.3, "resnet50": 23.6, "resnet101": 42.6, "resnet152": 58.3},
    **{"resnext50_32x4d": 23.0, "resnext101_32x8d": 86.9, "se_resnet50": 26.1, "se_resnet101": 47.4},
    **{"se_resnet152": 64.9, "se_resnext50_32x4d": 25.6, "se_resnext101_32x4d": 47.0, "senet154": 113.3},
    **{"vgg11_bn": 9.2, "vgg13_bn": 9.4, "vgg16_bn": 14.7, "xception": 20.9},
}
"""Every encoder on file and how many million values of 4 bytes it has, without its classifier."""

_SOURCE = {"micronet": "microscopynet", "imagenet-micronet": "imagenet-microscopynet"}
_ONLY_AFTER_IMAGENET = ("efficientnet-b6", "efficientnet-b7")
_STORED_AS = {"resnext101_32x8d": "resnext101"}
_VERSION = {("resnet50", "micronet"): "v1.1"}


def micronet_encoders(name: str) -> tuple[str, ...]:
    """Encoders that are on file under the name "micronet" or "imagenet-micronet"."""
    return tuple(one for one in MILLION_VALUES if name == "imagenet-micronet" or one not in _ONLY_AFTER_IMAGENET)


def micronet_file_name(encoder: str, name: str) -> str:
    """File name under which NASA publishes the weights of an smp encoder."""
    version = _VERSION.get((encoder, name), "v1.0")
    return f"{_STORED_AS.get(encoder, encoder)}_pretrained_{_SOURCE[name]}_{version}.pth.tar"


def micronet_url() -> str:
    """Folder of the files; the environment variable names a mirror, for laboratories without internet."""
    return os.environ.get(URL_VARIABLE, URL).rstrip("/") + "/"


def fetch_micronet(encoder: str, name: str, watch: Watch | None = None) -> Path:
    """Path of the cached weights, downloaded if need be. Raises WeightsError if there are none or no connection."""
    if encoder not in micronet_encoders(name):
        raise WeightsError(
            f"There are no {name} weights of {encoder}. There are, for example, those of resnet18, resnet50 and "
            "efficientnet-b4; choose one of them, or start from imagenet or none."
        )
    file_name = micronet_file_name(encoder, name)
    return fetch_file(micronet_url() + file_name, cache_folder(), file_name, watch)
