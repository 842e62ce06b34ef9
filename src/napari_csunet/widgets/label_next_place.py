"""The way to a suggested region: its micrograph, its labels, the camera, and a frame around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Shapes
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.inference.suggesting.suggestion_reports import Suggestion
from napari_csunet.training.finding import Place
from napari_csunet.widgets.layers import Role, layer_name, mask_shape, note, role_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.project_layers import PAINTING
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.result_layers import add_label_layer, show_only
from napari_csunet.widgets.show_place import show_place

SUGGESTED: Role = "suggestion"
COLOUR = "#ffd400"


class SuggestedPlace(QObject):
    """Goes to one place at a time; a closed micrograph of a project is opened first. ``shown``: it is on screen."""

    shown = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        opened: OpenMicrographs,
        classes: Callable[[], ClassTable],
        session: Callable[[], ProjectSession | None],
    ) -> None:
        """``classes``: of a new label layer, which is made where there is none to paint on."""
        super().__init__()
        self._viewer, self._open, self._classes, self._session = viewer, opened, classes, session
        self._awaited: Suggestion | None = None
        self._framed: Image | None = None
        opened.changed.connect(self._on_open_changed)

    def show(self, suggestion: Suggestion) -> None:
        """Brings it on screen now, or as soon as its micrograph has been read."""
        session, self._awaited = self._session(), suggestion
        if session is not None and suggestion.name in session.project.keys:
            session.show(suggestion.name)
        self._go_on()

    def disconnect_viewer(self) -> None:
        self._open.changed.disconnect(self._on_open_changed)
        self._follow(None)
        self._remove_frame()

    def _on_open_changed(self) -> None:
        if self._awaited is not None:
            QTimer.singleShot(0, self._go_on)  # when all its layers are there

    def _go_on(self) -> None:
        awaited = self._awaited
        micrograph = self._open.find(awaited.name) if awaited is not None else None
        if awaited is not None and micrograph is not None:
            self._awaited = None
            self._arrive(micrograph, awaited.place)

    def _arrive(self, micrograph: Image, place: Place) -> None:
        is_predicted = layer_name(micrograph.name, "mask") in self._viewer.layers
        show_only(self._viewer, micrograph, preview=not is_predicted)
        self._draw_frame(micrograph, place)
        self._follow(micrograph)
        labels = self._open.labels_of(micrograph) or add_label_layer(self._viewer, micrograph, self._classes())
        self._viewer.layers.selection.active = labels
        if labels.mode not in PAINTING:
            labels.mode = "paint"
        show_place(self._viewer, micrograph, place)
        self.shown.emit()

    def _follow(self, micrograph: Image | None) -> None:
        """The frame leaves the screen with its micrograph, whoever hides that."""
        if self._framed is not None:
            self._framed.events.visible.disconnect(self._on_micrograph_shown)
        self._framed = micrograph
        if micrograph is not None:
            micrograph.events.visible.connect(self._on_micrograph_shown)

    def _on_micrograph_shown(self, event: Any) -> None:
        frame = self._frame()
        if frame is not None and not event.source.visible:
            frame.visible = False

    def _draw_frame(self, micrograph: Image, place: Place) -> None:
        """Moves the frame of before: one layer less and one more hold the window up for a quarter of a second."""
        layers, frame = self._viewer.layers, self._frame()
        if frame is None or frame.ndim != len(mask_shape(micrograph)):
            self._remove_frame()
            self._viewer.add_layer(_frame(micrograph, place))
            return
        for name, value in _where(micrograph).items():
            setattr(frame, name, value)
        frame.data, frame.edge_width = [_corners(place)[:, -frame.ndim :]], _width(place)
        frame.visible, frame.editable = True, False  # new data are editable
        if layers[-1] is not frame:
            layers.move(layers.index(frame), len(layers))

    def _frame(self) -> Shapes | None:
        return next((one for one in self._viewer.layers if role_of(one) == SUGGESTED and isinstance(one, Shapes)), None)

    def _remove_frame(self) -> None:
        for layer in [one for one in self._viewer.layers if role_of(one) == SUGGESTED]:
            self._viewer.layers.remove(layer)


def _frame(micrograph: Image, place: Place) -> Shapes:
    frame = Shapes(
        [_corners(place)[:, -len(mask_shape(micrograph)) :]],
        edge_color=COLOUR,
        face_color="transparent",
        edge_width=_width(place),
        metadata=note(SUGGESTED),
        **_where(micrograph),
    )
    frame.editable = False
    return frame


def _where(micrograph: Image) -> dict[str, Any]:
    """What ties a frame to its micrograph: name, and place in the world."""
    axes = len(mask_shape(micrograph))
    where: dict[str, Any] = {what: getattr(micrograph, what)[-axes:] for what in ("scale", "translate", "units")}
    return {"name": layer_name(micrograph.name, SUGGESTED), **where}


def _width(place: Place) -> float:
    return max(1.0, (place.bottom - place.top) / 40)


def _corners(place: Place) -> npt.NDArray[np.float64]:
    """(4, 3): slice, row, column; half a pixel outside, where napari draws the edge of pixels."""
    rows, columns = (place.top - 0.5, place.bottom - 0.5), (place.left - 0.5, place.right - 0.5)
    ring = ((rows[0], columns[0]), (rows[0], columns[1]), (rows[1], columns[1]), (rows[1], columns[0]))
    return np.array([(place.slice_index, *corner) for corner in ring], float)
