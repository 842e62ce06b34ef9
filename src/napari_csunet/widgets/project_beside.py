"""What a project and the panels beside it have to do with each other: classes, settings, layers in use."""

from __future__ import annotations

from typing import Any, cast

from qtpy.QtWidgets import QWidget

from napari_csunet.classes import ClassTable
from napari_csunet.config import TrainingConfig
from napari_csunet.project.description import Description
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.docking import docked
from napari_csunet.widgets.project_session import ProjectSession

NOT_KEPT = {"device"}
"""Settings that belong to a computer and not to a project."""


def session_beside(panel: QWidget) -> ProjectSession | None:
    """Of the project that is open in the same window."""
    from napari_csunet.widgets.project import ProjectWidget

    project = docked(panel, ProjectWidget)
    return None if project is None else project.session


def classes_beside(panel: QWidget) -> ClassTable:
    """Those of the Fine-tune panel, if there is one."""
    from napari_csunet.widgets.fine_tune import FineTuneWidget

    fine_tune = docked(panel, FineTuneWidget)
    return cast(ClassTable, fine_tune.class_table.value()) if fine_tune is not None else DEFAULT


def is_busy_beside(panel: QWidget) -> bool:
    """Whether a training or a prediction uses the layers."""
    from napari_csunet.widgets.fine_tune import FineTuneWidget
    from napari_csunet.widgets.predict import PredictWidget

    fine_tune, predict = docked(panel, FineTuneWidget), docked(panel, PredictWidget)
    return (fine_tune is not None and fine_tune.is_training) or (predict is not None and predict.is_predicting)


def restore_beside(panel: QWidget, description: Description) -> None:
    """Classes and settings of the Fine-tune panel; settings that this version does not know are left out."""
    from napari_csunet.widgets.fine_tune import FineTuneWidget

    fine_tune = docked(panel, FineTuneWidget)
    if fine_tune is None:
        return
    fine_tune.class_table.set_value(description.classes)
    known = {name: value for name, value in description.settings.items() if name in TrainingConfig.model_fields}
    try:
        fine_tune.form.set_value(TrainingConfig.model_validate({**known, "device": fine_tune.form.value().device}))
    except ValueError:
        return  # of another version: the defaults will do


def settings_of(config: TrainingConfig) -> dict[str, Any]:
    """What a project keeps of them."""
    return config.model_dump(mode="json", exclude=NOT_KEPT)
