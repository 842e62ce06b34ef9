"""The numbers that the Measure panel shows: they go with their masks, and it is said when they are no longer true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari.components import ViewerModel
from napari.layers import Layer

from napari_csunet.widgets.measure_layout import MeasureLayout
from napari_csunet.widgets.measure_work import MeasuredMasks
from napari_csunet.widgets.measured_layers import MeasuredLayers
from napari_csunet.widgets.measured_objects import MeasuredObjects

CHANGED = "The masks have changed: measure again."


class LastMeasurement:
    """``measured``: None before the first measurement, and once its masks are closed."""

    def __init__(self, viewer: ViewerModel, panel: MeasureLayout, objects: MeasuredObjects) -> None:
        self._viewer, self._panel, self._objects = viewer, panel, objects
        self._layers = MeasuredLayers()
        self.measured: MeasuredMasks | None = None

    def show(self, measured: MeasuredMasks, masks: Sequence[Layer], slices: Sequence[int | None]) -> None:
        """``masks``, ``slices``: the layers, and of each the only slice that was measured, or None."""
        panel = self._panel
        self.measured, self._layers = measured, MeasuredLayers(masks, slices)
        self._objects.set_measured(measured, masks, slices)
        panel.view.show_measured(measured)
        panel.view.show()
        in_pixels = "" if measured.unit != "px" else "No pixel size is known: lengths are in px. "
        notices = [one for one in measured.study.notices if one != panel.classes_note.text()]
        panel.status.say(f"{in_pixels}{' '.join(notices)}")
        self._colour()

    def forget_closed(self) -> None:
        """Numbers of masks that are closed are no longer shown; if some are left, it is said of which they are."""
        told = self._layers.told_of_closed(self._viewer.layers)
        if not told or self.measured is None:
            return
        if not self._layers.masks:
            self.measured = None
            self._objects.forget()
            self._panel.view.hide()
        self._panel.status.say(told)

    def look_at_masks(self, split: Mapping[int, float]) -> None:
        """Masks have changed, by a clean-up or back again. split: what it cuts now, by class value."""
        if self.measured is None:
            return
        if not self._is_true(self.measured, split):
            self._panel.status.say(CHANGED)
            return
        if self._panel.status.text() == CHANGED:
            self._panel.status.say("")
        self._colour()

    def _is_true(self, measured: MeasuredMasks, split: Mapping[int, float]) -> bool:
        """Whether measuring again would give the same numbers, as far as pixels and cuts count."""
        cuts = {value: share for value, share in split.items() if share and value in measured.classes.values}
        return cuts == measured.study.plan.measurement.split and self._layers.fingerprints() == measured.fingerprints

    def _colour(self) -> None:
        self._objects.colour(self._panel.view.class_name, self._panel.view.colour)
