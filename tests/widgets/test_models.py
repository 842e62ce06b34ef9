from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from napari_csunet.widgets import models
from napari_csunet.widgets.models import finished_model, known_models, model_label, new_model_path

NOW = datetime(2025, 3, 4, 14, 2)


def written(name: str, age: float = 0) -> Path:
    path = new_model_path(name, NOW)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    os.utime(path, (NOW.timestamp() - age, NOW.timestamp() - age))
    return path


def test_a_half_trained_model_comes_after_the_finished_ones() -> None:
    old, new = (finished_model(written(name, age)) for name, age in (("old", 20), ("new", 10)))
    half = written("half")
    assert known_models() == [new, old, half]


def test_the_models_of_the_open_project_come_first_even_an_unfinished_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = finished_model(written("elsewhere"))
    monkeypatch.setattr(models, "models_folder", lambda: tmp_path / "project")
    half = written("half", 10)
    assert known_models() == [half, elsewhere]


def test_a_list_says_which_model_is_unfinished() -> None:
    half = written("alloy")
    assert model_label(half, NOW) == "alloy (unfinished), today 14:02"
    assert model_label(finished_model(half), NOW) == "alloy, today 14:02"


def test_a_list_names_the_year_only_of_another_year() -> None:
    assert model_label(finished_model(written("alloy", 30 * 86_400)), NOW) == "alloy, 02 Feb 14:02"
    assert model_label(finished_model(written("steel", 90 * 86_400)), NOW) == "steel, 04 Dec 2024 14:02"


def test_finishing_replaces_no_other_model() -> None:
    first, second = finished_model(written("alloy")), finished_model(written("alloy"))
    assert first != second
    assert finished_model(first) == first
    assert first.is_file()
    assert second.is_file()
