from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QCheckBox

from napari_csunet import ClassTable, TrainingConfig
from napari_csunet.widgets.config_form import ConfigForm
from napari_csunet.widgets.fraction_table import FractionTable
from napari_csunet.widgets.name_combo import NameCombo

CLASSES = ClassTable.from_names({1: "matrix", 2: "secondary", 3: "tertiary"})
SHARES = dict.fromkeys(CLASSES.class_names, 0.25)


def test_a_long_name_is_told_whole(qtbot: QtBot) -> None:
    combo = NameCombo("a_combo", "What it is for.")
    qtbot.addWidget(combo)
    name = "a very long name " * 10
    combo.show_names(["short", name], name)
    assert combo.toolTip() == f"{name}\nWhat it is for."
    combo.show_names([], None)
    assert combo.toolTip() == "What it is for."
    assert not combo.isEnabled()


def test_a_name_gets_a_row_of_its_own_where_the_table_is_narrow(qtbot: QtBot) -> None:
    table = FractionTable()
    qtbot.addWidget(table)
    table.resize(800, 200)
    table.set_fractions({"superalloy_1": SHARES, "superalloy_2": SHARES}, CLASSES)
    table.show()
    assert table.rowCount() == 2
    table.resize(290, 200)
    qtbot.waitUntil(lambda: table.rowCount() == 4)
    texts = [item.text() for row in range(4) for column in (0, 3) if (item := table.item(row, column)) is not None]
    assert texts == ["superalloy_1", "0.25", "superalloy_2", "0.25"]
    assert table.columnSpan(0, 0) == 4


@pytest.mark.parametrize("setting", ["quarter_turns", "layers"])
@pytest.mark.parametrize("answer", [None, 0, 1])
def test_a_setting_may_be_left_to_the_program(qtbot: QtBot, setting: str, answer: int | None) -> None:
    form = ConfigForm()
    qtbot.addWidget(form)
    values: dict[str, list[object]] = {"quarter_turns": [False, True], "layers": ["none", "columns"]}
    value = None if answer is None else values[setting][answer]
    form.set_value(TrainingConfig.model_validate({setting: value}))
    assert getattr(form.value(), setting) == value


def test_partial_weights_can_be_asked_for_under_more(qtbot: QtBot) -> None:
    form = ConfigForm()
    qtbot.addWidget(form)
    check = form.findChild(QCheckBox, "accept_partial_weights")
    assert "less than 95 %" in check.toolTip()
    assert not form.value().accept_partial_weights
    check.setChecked(True)
    assert form.value().accept_partial_weights
