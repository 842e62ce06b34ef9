"""The masks of the Measure panel: which are there, which are checked, what their classes are, and new ones."""

from __future__ import annotations

from napari.layers import Layer
from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.measurement.kind import Kinds
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.closed_masks_offer import ClosedMasks
from napari_csunet.widgets.mask_adding import MaskAdding
from napari_csunet.widgets.mask_laying import MaskLaying
from napari_csunet.widgets.measure_choices import BORDERS, MeasureChoices
from napari_csunet.widgets.measure_classes import MeasureClasses
from napari_csunet.widgets.measure_layout import MeasureLayout
from napari_csunet.widgets.measure_sources import is_meant, measurable_layers
from napari_csunet.widgets.project_session import ProjectSession


class MeasureMasks(QObject):
    """``changed``: other masks are there or checked, or their classes are other ones. ``checked_anew``: by a click.

    ``edited``: the user calls a class otherwise, or has it measured otherwise. ``wanted``: a mask is to be shown.
    ``said``, ``failed``: for the status line.
    """

    changed = Signal()
    checked_anew = Signal()
    edited = Signal()
    wanted = Signal(object)
    said = Signal(str)
    failed = Signal(object)

    def __init__(self, viewer: Viewer, panel: MeasureLayout) -> None:
        super().__init__(panel.masks)
        self._viewer, self._panel = viewer, panel
        self._adding = MaskAdding(viewer, panel.offer, panel.add_masks)
        self._laying = MaskLaying(viewer, panel.lay)
        self._closed = ClosedMasks(viewer, panel.closed)
        self._classes = MeasureClasses(viewer, panel.classes, self.checked, self.choices)
        panel.masks.checks_changed.connect(self._on_masks_checked)
        panel.masks.micrograph_picked.connect(self._on_mask_picked)
        for chosen in (panel.zero.toggled, panel.values.currentTextChanged):
            chosen.connect(self._on_values_chosen)
        for part in (self._adding, self._laying, self._closed):
            part.said.connect(self.said)
            part.failed.connect(self.failed)
        self._laying.laid.connect(self.changed)
        self._adding.added.connect(self._on_masks_added)
        self._classes.edited.connect(self.edited)
        self._classes.changed.connect(self._on_classes_changed)
        self._classes.failed.connect(self._on_classes_failed)

    def checked(self) -> list[Layer]:
        names = set(self._panel.masks.checked())
        return [one for one in measurable_layers(self._viewer) if one.name in names]

    def classes(self) -> ClassTable | None:
        """Of the checked masks, as far as they are known."""
        return self._classes.classes()

    def kinds(self) -> Kinds:
        """What the classes of the checked masks are measured as, as shown."""
        return self._classes.kinds()

    def choices(self) -> MeasureChoices:
        """What is chosen beside the kinds of classes and the clean-up."""
        panel = self._panel
        border, zero = BORDERS[panel.border.currentText()], panel.zero.isChecked()
        return MeasureChoices({}, border, zero, panel.databar.isChecked(), panel.values.currentText())

    def refresh(self) -> None:
        """Layers came, went or were renamed."""
        self._adding.look_around()
        self._laying.look_around()
        found = sorted(measurable_layers(self._viewer), key=lambda one: not is_meant(one))
        self._panel.masks.set_masks([str(one.name) for one in found], {str(one.name) for one in found if is_meant(one)})
        self._classes.refresh(again=False)

    def follow(self, session: ProjectSession | None) -> None:
        """The project in the same window, if one is open: its masks of closed micrographs can be listed."""
        self._closed.follow(session)

    def look_at_places(self) -> None:
        """Layers may have another scale."""
        self._laying.look_around()

    def look_again(self) -> None:
        """What was painted may be a new class."""
        self._classes.refresh()

    def close(self, seconds: float) -> bool:
        """Ends the threads, see ``end_all``."""
        self._classes.stop()
        self._laying.stop()
        self._closed.stop()
        return end_all((self._adding.background, self._classes.background, self._closed.background), seconds)

    def _on_masks_checked(self) -> None:
        self._classes.refresh()
        self.checked_anew.emit()

    def _on_mask_picked(self, name: str) -> None:
        mask = next((one for one in measurable_layers(self._viewer) if one.name == name), None)
        if mask is not None:
            self.wanted.emit(mask)

    def _on_masks_added(self, names: list[str]) -> None:
        """The first of them comes on screen."""
        if names:
            self._panel.masks.set_current(names[0])
            self._on_mask_picked(names[0])

    def _on_values_chosen(self, _: object) -> None:
        self._classes.refresh()

    def _on_classes_changed(self) -> None:
        self._panel.show_meaning(self._classes.words())
        self.changed.emit()

    def _on_classes_failed(self, error: Exception) -> None:
        self._panel.show_meaning(str(error))
        self.changed.emit()
