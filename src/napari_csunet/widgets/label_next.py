"""*Label here next* at work: regions where a stroke helps most, found in a thread, and the way there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from napari.components import ViewerModel
from qtpy.QtCore import QObject, QTimer, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.inference.suggesting.suggestion_reports import SuggestionReport, SuggestionRequest
from napari_csunet.reports import Progress
from napari_csunet.widgets.activity import Activity
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.engine import load
from napari_csunet.widgets.label_next_form import LabelNextForm
from napari_csunet.widgets.label_next_material import suggestible
from napari_csunet.widgets.label_next_place import SuggestedPlace
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.paint_counter import Counts
from napari_csunet.widgets.project_session import ProjectSession
from napari_csunet.widgets.uncertainty_maps import UncertaintyMaps

if TYPE_CHECKING:
    from napari_csunet.inference.suggesting.suggestions import Suggestions

KEY = "Alt-N"
KEY_TEXT = "Alt+N"
PIECES = ("torch", "torchvision", "timm", "sklearn.cluster", "napari_csunet.inference.suggesting.suggestions")
QUIET_MS = 1500
"""After a stroke, so long nobody paints before the list is made anew."""


class LabelNext(QObject):
    """Call ``refresh`` after each stroke. ``shown``: a region was brought on screen.

    ``session`` gives the open project and ``checkpoint`` the fine-tuned network, if there are any.
    """

    shown = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        form: LabelNextForm,
        opened: OpenMicrographs,
        classes: Callable[[], ClassTable],
        session: Callable[[], ProjectSession | None] = lambda: None,
        checkpoint: Callable[[], Path | None] = lambda: None,
    ) -> None:
        super().__init__()
        self._viewer, self._form, self._open, self._classes = viewer, form, opened, classes
        self._session, self._checkpoint = session, checkpoint
        self._engine: list[Suggestions] = []  # one, once it has been loaded
        self._is_wanted = self._is_paused = self._is_due = self._goes_on = False
        self._material: object = None  # what the list was made of
        self._place, self._maps = SuggestedPlace(viewer, opened, classes, session), UncertaintyMaps(viewer, opened)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)
        self._activity = Activity("Label here next", self._on_stop_wanted)
        self.background = Background()
        self._connect()

    def refresh(self, counts: Counts) -> None:
        """Makes the list anew, if it was asked for before, and if somebody painted or micrographs are others."""
        painted = {name: {value: count for value, count in some.items() if count} for name, some in counts.items()}
        material = {layer.name: painted.get(layer.name, {}) for layer in self._open.layers()}
        if material != self._material:
            self._material = material
            self._begin_soon()

    def draw_map(self) -> None:
        """Another micrograph is on screen."""
        self._maps.draw()

    def pause(self) -> None:
        """While a training runs, the processor is its own."""
        self._is_paused = True
        self.background.stop()

    def resume(self) -> None:
        self._is_paused = False
        self._begin_soon()

    def go_to_next(self) -> None:
        """To the suggestion after the one shown; asks for suggestions if there are none."""
        self._form.fold.setChecked(True)
        if self._form.list.count():
            self._form.list.step()
            self._on_go_clicked()
            return
        self._goes_on = True
        if not self.background.is_running:
            self._on_suggest_clicked()

    def stop(self) -> None:
        """For closing: asks the thread to end, and starts no other."""
        self._is_paused = True
        self._timer.stop()
        self._activity.end()
        self.background.stop()

    def disconnect_viewer(self) -> None:
        self._viewer.bind_key(KEY, None, overwrite=True)
        self._open.changed.disconnect(self._on_open_changed)
        self._place.disconnect_viewer()

    def _connect(self) -> None:
        form = self._form
        form.suggest.clicked.connect(self._on_suggest_clicked)
        form.go.clicked.connect(self._on_go_clicked)
        form.list.itemClicked.connect(self._on_go_clicked)
        form.list.itemActivated.connect(self._on_go_clicked)
        form.map.toggled.connect(self._maps.set_shown)
        for option in (form.network, form.views):
            option.toggled.connect(self._begin_soon)
        self._open.changed.connect(self._on_open_changed)
        self._place.shown.connect(self._on_place_shown)
        self.background.reported.connect(self._on_reported)
        self.background.failed.connect(self._on_failed)
        self.background.finished.connect(self._on_finished)
        self._viewer.bind_key(KEY, lambda viewer: self.go_to_next(), overwrite=True)

    def _begin_soon(self, _: bool = False) -> None:
        if self._is_wanted and not self._is_paused:
            self._is_due = True
            self._timer.start(QUIET_MS)

    def _on_suggest_clicked(self) -> None:
        if self.background.is_running:
            self._on_stop_wanted()
            return
        self._is_wanted = self._is_due = True
        self._start()

    def _on_stop_wanted(self) -> None:
        self._is_wanted = self._is_due = self._goes_on = False
        self.background.stop()

    def _start(self) -> None:
        """Or, if it is busy, stops; what was seen is kept, and it begins again once it is over."""
        if self.background.is_running:
            self.background.stop()
            return
        if self._is_paused:
            self._form.status.say("A training is running. Suggest again when it is over.")
            return
        self._is_due = False
        micrographs, opened = suggestible(self._open, self._session())
        if not micrographs:
            self._forget_if_closed()
            self._form.status.say("Open a micrograph first.")
            return
        network = self._checkpoint() if self._form.network.isChecked() else None
        views = self._form.views.isChecked()
        request = SuggestionRequest(micrographs, self._classes(), opened, checkpoint=network, views=views)
        self._activity.begin()
        self.background.start(self._suggestions, request)
        self._form.show_state(running=True)

    def _suggestions(self, request: SuggestionRequest) -> Generator[SuggestionReport, None, None]:
        """In the thread; can be stopped between the pieces that are loaded."""
        if not self._engine:
            for piece in PIECES:
                yield SuggestionReport("loading")
                deque(load(piece), maxlen=0)
            from napari_csunet.inference.suggesting.suggestions import Suggestions

            self._engine.append(Suggestions())
        yield from self._engine[0].suggest(request)

    def _on_reported(self, report: SuggestionReport) -> None:
        if report.kind != "suggestions":
            self._form.show_progress(report)
            self._activity.show(Progress(report.done, report.total, 0.0, float("nan")))
            return
        self._form.show_answer(report)
        self._maps.set_maps(report.maps)
        if self._goes_on and report.suggestions:
            self._goes_on = False
            self.go_to_next()

    def _on_failed(self, error: Exception) -> None:
        self._is_due = self._goes_on = False
        self._form.status.say_error(error)

    def _on_finished(self) -> None:
        self._activity.end()
        self._form.show_state(running=False)
        self._forget_if_closed()
        if self._form.status.text().endswith("…"):
            self._form.status.say("")
        if self._is_due and self._is_wanted and not self._is_paused:
            self._timer.start(QUIET_MS)

    def _on_go_clicked(self) -> None:
        suggestion = self._form.list.visit()
        if suggestion is not None:
            self._place.show(suggestion)

    def _on_place_shown(self) -> None:
        self._maps.draw()
        self.shown.emit()

    def _on_open_changed(self) -> None:
        self._form.list.keep_only(self._names())
        self._form.show_state(running=self.background.is_running)
        self._forget_if_closed()

    def _names(self) -> set[str]:
        """Of what is open, and what the open project keeps."""
        session = self._session()
        closed = session.project.keys if session is not None else ()
        return {*(one.name for one in self._open.layers()), *closed}

    def _forget_if_closed(self) -> None:
        """What was seen takes much memory, and holds the pixels of micrographs that are gone."""
        if not self._names() and not self.background.is_running:
            self._engine.clear()
