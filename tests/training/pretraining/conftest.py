"""Small folders of micrographs, and settings that take a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_csunet.config import PretrainingConfig

QUICK = PretrainingConfig(steps=2, patch_size=64, batch_size=2, device="cpu", precision="float32")


@pytest.fixture
def quick() -> PretrainingConfig:
    return QUICK


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Folder of three noisy micrographs (80, 96) uint16; in ``masks`` their masks with objects 0 to 7."""
    (tmp_path / "masks").mkdir()
    (tmp_path / "images").mkdir()
    for i in range(3):
        mask = (np.indices((80, 96)).sum(axis=0) // 16 % 8).astype(np.uint16)
        noise = np.random.default_rng(i).normal(20000, 500, mask.shape)
        tifffile.imwrite(tmp_path / "images" / f"{i}.tif", (noise + 3000 * (mask > 0)).astype(np.uint16))
        tifffile.imwrite(tmp_path / "masks" / f"{i}_mask.tif", mask)
    return tmp_path / "images"
