"""Opens napari with both docks and, if wanted, a sample."""

from __future__ import annotations

import napari

from napari_csunet.widgets.docking import bring_to_front

PLUGIN = "napari-csunet"


def launch(sample: str | None = None) -> None:
    """Returns when the window is closed."""
    viewer = napari.Viewer(title="CS-UNet")
    add_docks(viewer)
    if sample is not None:
        viewer.open_sample(PLUGIN, sample)
    napari.run()


def add_docks(viewer: napari.Viewer) -> None:
    """Both panels as tabs on the right, Fine-tune in front."""
    _, fine_tune = viewer.window.add_plugin_dock_widget(PLUGIN, "Fine-tune", tabify=False)
    viewer.window.add_plugin_dock_widget(PLUGIN, "Predict", tabify=True)
    bring_to_front(fine_tune)
