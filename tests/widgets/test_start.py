"""The window opens without waiting for torch, which WarmUp imports later, after OpenGL."""

from __future__ import annotations

import subprocess
import sys

import pytest

PANELS = ("fine_tune", "predict", "measure", "project")


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.slow
def test_no_panel_imports_torch(panel: str) -> None:
    program = f"import sys, napari_csunet.widgets.{panel}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
