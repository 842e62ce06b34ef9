"""An open project in a viewer: few micrographs are open at a time, one is shown, and what is painted is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer
from qtpy.QtCore import QObject, Signal

from napari_csunet.errors import OutputError
from napari_csunet.project.description import Description, Role, View
from napari_csunet.project.label_files import checksum
from napari_csunet.project.material import LabelledFile, labelled_files
from napari_csunet.project.opening import Opened
from napari_csunet.project.project import Project
from napari_csunet.project.saving import Saved
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.layers import classes_of
from napari_csunet.widgets.made_with import remember_model
from napari_csunet.widgets.mask_labels import MaskLabels
from napari_csunet.widgets.project_autosave import ProjectAutosave, Target
from napari_csunet.widgets.project_layers import (
    camera_of,
    fit,
    is_corrected_aside,
    is_same_frame,
    restore_brush,
    restore_camera,
    view_of,
)
from napari_csunet.widgets.project_open_layers import ProjectOpenLayers
from napari_csunet.widgets.project_reading import ProjectReading
from napari_csunet.widgets.project_sizes import ProjectSizes
from napari_csunet.widgets.result_layers import show_only

KEPT_OPEN = 8
"""So many micrographs stay open, with their layers and all that can be undone; then the oldest one is closed."""
WAIT_S = 3


class ProjectSession(QObject):
    """``shown``: a micrograph came on screen. ``changed``: what the list says of one. ``said``, ``failed``: sentences.

    ``unsaved``: why something could not be saved; it is tried again. ``saved``: everything that was to be saved at a
    time is. ``is_busy`` tells whether a training or prediction uses the
    layers, which are then left open.
    """

    shown = Signal(str)
    changed = Signal(str)
    said = Signal(str)
    failed = Signal(object)
    unsaved = Signal(object)
    saved = Signal()

    def __init__(self, viewer: ViewerModel, project: Project, is_busy: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        self.project = project
        self._viewer, self._is_busy = viewer, is_busy
        self._shown: str | None = None
        self.is_closed = False
        self._open = ProjectOpenLayers(viewer)
        self._sizes = ProjectSizes(viewer, project, self._open)
        self._reading = ProjectReading(project)
        self._autosave = ProjectAutosave(project, self._describe)
        self._connect()

    def show_first(self) -> None:
        """What was on screen when the project was closed, else the first micrograph."""
        view, keys = self.project.description.view, self.project.keys
        self.show(view.shown if view is not None and view.shown in keys else keys[0])

    def show(self, key: str) -> None:
        """Brings a micrograph on screen, as soon as it has been read."""
        image = self._open.image(key)
        if image is None:
            self._reading.want(key)
        else:
            self._reading.forget()
            self._bring_on_screen(key, image)

    def step(self, by: int) -> None:
        """Shows the next micrograph, or one further away, without going round."""
        keys = self.project.keys
        current = self._reading.wanted or self._shown
        index = keys.index(current) + by if current in keys else 0
        wanted = keys[min(max(index, 0), len(keys) - 1)]
        if wanted != current:
            self.show(wanted)

    def change_entry(self, key: str, **changes: Any) -> None:
        """Another role, stamp or count of a micrograph."""
        self.project.change_entry(key, **changes)
        self.changed.emit(key)
        self.touch()

    def note_prediction(self, key: str, **changes: Any) -> None:
        """A prediction has saved a mask of its own; if the micrograph is being opened, that is the one to show."""
        self._reading.look_again(key)
        self._autosave.forget(Target(key, "mask"))
        self.change_entry(key, **changes)
        mask = self._open.layer(key, "mask")
        if isinstance(mask, MaskLabels) and checksum(mask.data) == changes.get("predicted"):
            mask.is_corrected = mask.is_unknown = False  # it was read right after it had been saved
            remember_model(mask, changes.get("model"))

    def touch(self, event: object = None) -> None:
        """Something that is described in the project has changed."""
        self._autosave.touch()

    def save(self, seconds: float = WAIT_S) -> bool:
        """Saves everything now; False if a thread that writes goes on."""
        return self._autosave.finish(seconds)

    def role_of(self, layer: Image) -> Role | None:
        """What an open micrograph is for; None if it is none of the project."""
        key = next((key for key in self.project.keys if self._open.image(key) == layer), None)
        return None if key is None else self.project.entry(key).role

    def labelled_files(self, role: Role) -> list[LabelledFile]:
        """The labelled micrographs of a role that are not open; what was painted on them is saved."""
        is_open = [key for key in self.project.keys if self._open.image(key) is not None]
        return labelled_files(self.project, role, is_open)

    def image(self, key: str) -> Image | None:
        """Its layer, if it is open."""
        return self._open.image(key)

    def close(self, seconds: float = WAIT_S, *, keep_layers: bool = False) -> bool:
        """Saves everything, closes the layers and lets go of the project; False if a thread goes on.

        Layers that could not be saved or that are in use stay, as layers of no project.
        """
        self._open.disconnect_viewer()
        self._sizes.watch.disconnect_layers()
        camera_of(self._viewer).events.disconnect(self.touch)
        ended = [self.save(seconds), end_all((self._reading.background,), seconds)]
        if not keep_layers:
            self._open.close_all_but(0, self._may_close)
        self._autosave.stop()
        self.is_closed = True
        self.project.close()
        return all(ended)

    def _connect(self) -> None:
        self._reading.read.connect(self._on_read)
        self._reading.failed.connect(self.failed)
        self._autosave.saved.connect(self._on_saved)
        self._autosave.settled.connect(self.saved)
        self._autosave.failed.connect(self.unsaved)
        self._open.changed.connect(self._on_open_changed)
        self._open.unsure.connect(self._on_unsure)
        self._open.stray.connect(self._on_stray)
        self._open.labels_removed.connect(self._on_labels_removed)
        self._open.closed.connect(self._on_closed)
        self._sizes.watch.changed.connect(self.touch)
        camera_of(self._viewer).events.connect(self.touch)

    def _on_read(self, opened: Opened) -> None:
        if not opened.labels_fit:
            self._set_aside(self.project.set_labels_aside, opened.key, opened.notice)
        if opened.mask_notice:
            self._set_aside(self.project.set_mask_aside, opened.key, opened.mask_notice)
        self._autosave.know(Target(opened.key, "labels"), opened.labels_checksum)
        self._autosave.know(Target(opened.key, "mask"), opened.mask_checksum)
        self._take_classes()
        self._open.add(opened, self.project.description.classes)
        self._sizes.add(opened)
        self._mark_corrected(opened)
        self.show(opened.key)

    def _mark_corrected(self, opened: Opened) -> None:
        """A mask that somebody may have corrected before it was closed is kept aside by the next prediction, too."""
        mask, predicted = self._open.layer(opened.key, "mask"), self.project.entry(opened.key).predicted
        if isinstance(mask, MaskLabels):
            mask.is_unknown = predicted is None
            mask.is_corrected = predicted not in (None, opened.mask_checksum)

    def _bring_on_screen(self, key: str, image: Image) -> None:
        before, view = self._open.image(self._shown), self._view()
        self._open.mark_shown(key)
        show_only(self._viewer, image, preview=self._open.layer(key, "mask") is None)
        self._shown = key
        self._arrange_view(image, before, view)
        self._open.close_all_but(KEPT_OPEN, self._may_close)
        self.touch()
        self.shown.emit(key)

    def _arrange_view(self, image: Image, before: Image | None, view: View | None) -> None:
        """The camera stays where it is if the micrograph covers the same place; the brush stays what it is."""
        labels = self._open.labels(self._shown)
        self._viewer.layers.selection.active = labels if labels is not None else image
        if before is None and view is not None and view.shown == self._shown:
            restore_camera(self._viewer, view)
        elif before is None or not is_same_frame(before, image):
            fit(self._viewer, image)
        if labels is not None:
            restore_brush(labels, view)

    def _may_close(self, key: str, layers: list[Layer]) -> bool:
        is_kept = self._autosave.has_unsaved(key) or any(map(is_corrected_aside, layers))
        return not (is_kept or self._is_busy())

    def _view(self) -> View | None:
        """What is on screen; before anything is, what was when the project was closed."""
        before = self.project.description.view
        if self._shown is None:
            return before
        return view_of(self._viewer, self._shown, self._open.labels(self._shown), before)

    def _describe(self) -> Description:
        """As it is now."""
        self._take_classes()
        self._sizes.note()
        self.project.change(view=self._view())
        return self.project.description

    def _take_classes(self) -> None:
        """The class table is that of the labels on screen."""
        labels = self._open.labels(self._shown)
        classes = classes_of(labels.metadata) if labels is not None else None
        if classes is not None and classes != self.project.description.classes:
            self.project.change(classes=classes)
            for key in self.project.keys:
                self.changed.emit(key)

    def _on_open_changed(self) -> None:
        targets = self._open.targets()
        self._autosave.follow(targets)
        for layer in targets:
            for event in (layer.events.features, layer.events.brush_size, layer.events.selected_label):
                event.connect(self.touch)

    def _on_unsure(self, key: str, layer: Layer) -> None:
        self.change_entry(key, uncertainty=round(float(np.mean(layer.data)), 4))

    def _on_stray(self, name: str) -> None:
        self.said.emit(f"{name} is not saved with the project. Paint on the labels of a micrograph.")

    def _on_closed(self, key: str) -> None:
        self._shown = None if key == self._shown else self._shown

    def _on_labels_removed(self, key: str) -> None:
        """Labels that the user removed alone are set aside, not lost."""
        if self.save():
            self._autosave.forget(Target(key, "labels"))
            self._set_aside(self.project.set_labels_aside, key, f"The labels of {key} were removed.")
            self.change_entry(key, painted={})

    def _set_aside(self, rename: Callable[[str], Path | None], key: str, reason: str) -> None:
        try:
            aside = rename(key)
        except OutputError as error:
            self.failed.emit(error)
            return
        if aside is not None:
            self.said.emit(f"{reason} They are kept in {aside.parent.name}/{aside.name}.")

    def _on_saved(self, report: Saved) -> None:
        key = getattr(report.what, "key", None)
        if key is None:
            return
        entry = self.project.entry(key)
        if any(getattr(entry, name) != value for name, value in report.changes.items()):
            self.project.change_entry(key, **report.changes)
            self.touch()
        self.changed.emit(key)
