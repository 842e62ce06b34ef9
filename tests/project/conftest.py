"""A folder of small micrographs, and home in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three micrographs (32, 48), one of them in a folder below."""
    folder = tmp_path / "alloy"
    (folder / "day 2").mkdir(parents=True)
    for number, name in enumerate(("a2.tif", "a10.tif", "day 2/a2.tif")):
        pixels = np.random.default_rng(number).integers(0, 60_000, (32, 48), np.uint16)
        tifffile.imwrite(folder / name, pixels)
    return folder
