"""Opens napari with all docks and, if wanted, a sample or a project."""

from __future__ import annotations

from pathlib import Path

import napari

from napari_csunet.project.project import Project
from napari_csunet.widgets.class_table import DEFAULT
from napari_csunet.widgets.docking import bring_to_front

PLUGIN = "napari-csunet"


def launch(sample: str | None = None, project: Path | None = None) -> None:
    """Returns when the window is closed. Raises ProjectError before it opens if the project cannot be opened."""
    opened = None if project is None else Project.open_or_create(project, DEFAULT)
    viewer = napari.Viewer(title="CS-UNet")
    add_docks(viewer, opened)
    if sample is not None:
        viewer.open_sample(PLUGIN, sample)
    napari.run()


def add_docks(viewer: napari.Viewer, project: Project | None = None) -> None:
    """All panels as tabs on the right; in front is Project if there is one, else Fine-tune."""
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "Project", tabify=False)
    _, fine_tune = viewer.window.add_plugin_dock_widget(PLUGIN, "Fine-tune", tabify=True)
    viewer.window.add_plugin_dock_widget(PLUGIN, "Predict", tabify=True)
    viewer.window.add_plugin_dock_widget(PLUGIN, "Measure", tabify=True)
    if project is not None:
        panel.adopt(project)
    bring_to_front(fine_tune if project is None else panel)
