"""Which project is open in the window in front."""

from __future__ import annotations

import napari

from napari_csunet.project.project import Project
from napari_csunet.widgets.project import ProjectWidget


def current_project() -> Project | None:
    viewer = napari.current_viewer()
    panels = getattr(viewer.window, "dock_widgets", {}).values() if viewer is not None else ()
    return next((panel.project for panel in panels if isinstance(panel, ProjectWidget)), None)
