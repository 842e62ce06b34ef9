"""The registry: every name has rows, and they tell what is at hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from napari_csunet.model.micronet import micronet_file_name
from napari_csunet.model.registry import registry
from napari_csunet.model.weights import CHOICES


def test_every_choice_has_rows_and_every_row_a_choice() -> None:
    assert {row.name for row in registry()} == {*CHOICES, "PATH"}


def test_what_is_from_elsewhere_names_source_licence_and_citation() -> None:
    rows = [row for row in registry() if row.name not in ("none", "bundled", "PATH")]
    assert all(row.source.startswith("https://") and row.licence and row.citation for row in rows)
    assert all(row.megabytes for row in rows if "microlite" not in row.name)


def test_rows_can_be_asked_for_by_encoder() -> None:
    assert [row.name for row in registry("efficientnet-b7")] == ["imagenet", "imagenet-micronet"]
    assert {row.name for row in registry("swin")} == {"bundled", "imagenet", "microlite", "imagenet-microlite"}


def test_a_downloaded_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAPARI_CSUNET_CACHE", str(tmp_path))
    (tmp_path / micronet_file_name("resnet50", "micronet")).touch()
    assert [row.encoder for row in registry() if row.name == "micronet" and row.is_cached] == ["resnet50"]


def test_a_window_reads_the_choices_and_the_registry_without_torch() -> None:
    code = (
        "import sys; from napari_csunet.model.registry import registry; registry(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
