"""*New project from folder…* and *Open project…* of the menu File ▸ IO Utilities."""

from __future__ import annotations

from typing import cast

from napari.viewer import Viewer

from napari_csunet.widgets.docking import bring_to_front
from napari_csunet.widgets.project import ProjectWidget


def new_project(viewer: Viewer) -> None:
    """Asks for a folder of micrographs."""
    _panel(viewer).ask_for_new()


def open_project(viewer: Viewer) -> None:
    """Asks for a project."""
    _panel(viewer).ask_for_project()


def _panel(viewer: Viewer) -> ProjectWidget:
    """The panel, in front, made if it is not there yet."""
    _, panel = viewer.window.add_plugin_dock_widget("napari-csunet", "Project", tabify=True)
    bring_to_front(panel)
    return cast(ProjectWidget, panel)
