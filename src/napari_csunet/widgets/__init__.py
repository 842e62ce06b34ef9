"""The window: dock widgets for napari. Only this folder imports Qt, napari or superqt."""
