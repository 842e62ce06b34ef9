"""How many synthetic micrographs of 256² does one CPU core, or a graphics card, make in a second?

python benchmarks/synthesis_speed.py --device cpu
python benchmarks/synthesis_speed.py --device cuda --batch 64
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from napari_csunet.device import device_label, resolve_device
from napari_csunet.training.synthesis import TRAINING_FAMILIES, synthesise_training

SIDE = 256


def main() -> None:
    """Prints one line for each family; on a CPU in seconds of processor time, so that other programs count less."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=8, help="pictures made at once")
    parser.add_argument("--repeats", type=int, default=12, help="batches, each with other effects")
    options = parser.parse_args()
    torch.set_num_threads(1)
    device = resolve_device(options.device)
    print(f"{device_label(device)}, 1 thread, torch {torch.__version__}, batches of {options.batch}")
    rates = [rate(family, device, options.batch, options.repeats) for family in TRAINING_FAMILIES]
    for family, pictures in zip(TRAINING_FAMILIES, rates, strict=True):
        print(f"{family:16} {pictures:8.1f} pictures / s")
    print(f"{'all in turn':16} {statistics.harmonic_mean(rates):8.1f} pictures / s")


def rate(family: str, device: torch.device, batch: int, repeats: int) -> float:
    """Pictures a second, of the family alone."""
    generator = torch.Generator().manual_seed(0)

    def one_batch() -> None:
        synthesise_training(batch, SIDE, generator, device, of_a_kind=batch, families=(family,))

    one_batch()
    started = _seconds(device)
    for _ in range(repeats):
        one_batch()
    return batch * repeats / (_seconds(device) - started)


def _seconds(device: torch.device) -> float:
    if device.type == "cpu":
        return time.process_time()
    torch.get_device_module(device).synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main()
