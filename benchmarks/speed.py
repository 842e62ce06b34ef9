"""How long do a training step and a prediction take here? Trust the ratios to a U-Net in the same run.

python benchmarks/speed.py --device cpu
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from napari_csunet.checkpoint import Checkpoint, Provenance, copied_state
from napari_csunet.classes import ClassTable
from napari_csunet.config import PredictionConfig, TrainingConfig
from napari_csunet.device import device_label, resolve_device, resolve_precision
from napari_csunet.inference.prediction import predict
from napari_csunet.model.zoo import build_model, model_config

REPEATS = 3
CLASSES = ClassTable.parse("1=matrix,2=secondary,3=tertiary")


def main() -> None:
    """Prints one line for each preset and architecture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--presets", nargs="+", default=["small"])
    options = parser.parse_args()
    device = resolve_device(options.device)
    print(f"{device_label(device)}, {resolve_precision('auto', device)}, torch {torch.__version__}")
    print("preset    architecture  million parameters  patch 256², forward + backward  micrograph 1024²")
    for preset in options.presets:
        for architecture in ("csunet", "unet", "swin-unet"):
            config = TrainingConfig(preset=preset, architecture=architecture, device=options.device)
            size, patch_s, predict_s = measured(config, device)
            print(f"{preset:9} {architecture:13} {size:18.1f}  {patch_s:28.3f} s  {predict_s:14.2f} s")


def measured(config: TrainingConfig, device: torch.device) -> tuple[float, float, float]:
    """Million parameters, seconds for one patch, seconds for one micrograph; medians."""
    network = model_config(config, 1, len(CLASSES))
    model = build_model(network)
    provenance = Provenance(model=network, classes=CLASSES, training=config)
    checkpoint = Checkpoint(provenance, copied_state(model))
    model.to(device).train()
    patch = torch.randn(2, 1, 256, 256, device=device)
    lower = resolve_precision("auto", device) == "bfloat16"

    def step() -> None:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=lower):
            loss = model(patch).float().square().mean()
        loss.backward()
        if device.type == "cuda":
            torch.cuda.synchronize()

    image = np.random.default_rng(0).random((1024, 1024), np.float32)
    prediction = PredictionConfig(device=config.device)
    size = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    return size, seconds(step) / len(patch), seconds(lambda: predict(checkpoint, image, prediction))


def seconds(call: Callable[[], object]) -> float:
    """Median of several calls, after one that does not count."""
    call()
    times = []
    for _ in range(REPEATS):
        start = time.monotonic()
        call()
        times.append(time.monotonic() - start)
    return float(np.median(times))


if __name__ == "__main__":
    main()
