"""The Fine-tune panel: choose micrographs, paint classes, train, watch, and go on to Predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtWidgets import QDockWidget

from napari_csunet.widgets.adapt import AdaptDialog
from napari_csunet.widgets.background import end_all
from napari_csunet.widgets.canvas_context import CanvasContext
from napari_csunet.widgets.class_changes import ClassChanges
from napari_csunet.widgets.class_table_files import ClassTableFiles
from napari_csunet.widgets.docking import dock_of, docked, main_window_of, tabify_with
from napari_csunet.widgets.engine import DevicesFound
from napari_csunet.widgets.fine_tune_labels import LabelSection
from napari_csunet.widgets.fine_tune_layout import FineTuneLayout
from napari_csunet.widgets.fine_tune_runs import RunSection
from napari_csunet.widgets.fine_tune_selection import Selection
from napari_csunet.widgets.fine_tune_training import TrainingSection
from napari_csunet.widgets.giving_way import GivingWay
from napari_csunet.widgets.guide import Guide
from napari_csunet.widgets.guide_steps import steps
from napari_csunet.widgets.instant_answer import InstantAnswer
from napari_csunet.widgets.label_check import LabelCheck
from napari_csunet.widgets.label_next import LabelNext
from napari_csunet.widgets.layers import source_of
from napari_csunet.widgets.open_micrographs import OpenMicrographs
from napari_csunet.widgets.overlay_key import OverlayKey
from napari_csunet.widgets.paint_counter import Counts, note_of, obstacle, total
from napari_csunet.widgets.painted_classes import PaintedClasses
from napari_csunet.widgets.panel import CLOSING_S, Panel
from napari_csunet.widgets.pixel_sizes import PixelSizes
from napari_csunet.widgets.project_beside import session_beside
from napari_csunet.widgets.quality import QualitySection
from napari_csunet.widgets.warm_up import WarmUp


class FineTuneWidget(Panel):
    """Reads the layers of the viewer, has a network trained on them, shows what is reported."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("fine_tune_widget")
        self._viewer = napari_viewer
        self._counts: Counts = {}
        self._warming = WarmUp()
        self._panel = FineTuneLayout(self, napari_viewer, self._warming.when_free)
        self._open = OpenMicrographs(napari_viewer, self._panel.classes.value)
        self._pixel_sizes = PixelSizes(napari_viewer)
        self._labels = LabelSection(napari_viewer, self._panel, self._open, lambda: self.is_training)
        self._runs = RunSection(self, self._panel.history)
        self._selection = Selection(self, self._panel, self._open)
        self._training = TrainingSection(napari_viewer, self._panel, self._open, self._selection)
        self._check = LabelCheck()
        self._guide = Guide(steps(self, napari_viewer, self._panel))
        self._instant = InstantAnswer(napari_viewer, self._open, self._panel.classes.value)
        painted = PaintedClasses(napari_viewer, self._open, lambda: session_beside(self))
        self._class_changes = ClassChanges(self._panel.classes, self._open, painted)
        self._class_files = ClassTableFiles(self._panel.classes, painted)
        self._overlay_key = OverlayKey(napari_viewer, self._instant.set_enabled, self._panel.instant.isChecked)
        self._label_next = LabelNext(
            napari_viewer,
            self._panel.label_next,
            self._open,
            self._panel.classes.value,
            lambda: session_beside(self),
            self._current_network,
        )
        self._quality = QualitySection(
            napari_viewer,
            self._panel.quality,
            self._open,
            self._panel.classes.value,
            lambda: self._selection.material(self._counts),
            self._panel.form.value,
        )
        self._giving_way = GivingWay(self, self._warming, (self._instant, self._label_next))
        self._adapt: AdaptDialog | None = None
        self._dock: QDockWidget | None = None
        self._connect_panel()
        self._connect_work()
        self._canvas_context = CanvasContext(napari_viewer, self)
        self._open.refresh()

    @property
    def form(self) -> Any:
        """The form over the TrainingConfig."""
        return self._panel.form

    @property
    def class_table(self) -> Any:
        """The form over the ClassTable."""
        return self._panel.classes

    @property
    def is_training(self) -> bool:
        return self._training.run.is_running

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Asks every thread of this panel to end and waits at most so long, thrice; False if one goes on."""
        self._warming.pause()
        self._panel.empty.stop()
        self._open.stop_counting()
        workers = (self._instant, self._label_next, self._check, self._runs, self._class_changes)
        for worker in workers:
            worker.stop()
        self._quality.stop()
        jobs = [one.background for one in (self._open, self._pixel_sizes, self._warming, self._class_files, *workers)]
        jobs += self._quality.backgrounds
        adapted = self._adapt is None or self._adapt.close_background(seconds)
        return all(
            [adapted, self._training.run.close(seconds), end_all(jobs, seconds)]
        )  # a list: all of them are asked

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.micrographs.checks_changed.connect(self._on_micrographs_checked)
        panel.start.clicked.connect(self._on_start_clicked)
        panel.go_on.clicked.connect(self._on_continue_clicked)
        panel.next.clicked.connect(self._on_next_clicked)
        panel.form.adapt_clicked.connect(self._on_adapt_clicked)
        panel.form.value_changed.connect(self._refresh_controls)
        panel.instant.toggled.connect(self._instant.set_enabled)
        panel.history.opened.connect(panel.show_history)
        for guide in (panel.guide, panel.empty.guide):
            guide.clicked.connect(self._on_guide_clicked)

    def _connect_work(self) -> None:
        panel = self._panel
        self._open.changed.connect(self._on_open_changed)
        self._open.counted.connect(self._on_open_counted)
        for shown in (self._labels.shown, self._label_next.shown):
            shown.connect(self._overlay_key.forget)
            shown.connect(self._instant.show_again)
        self._labels.shown.connect(self._label_next.draw_map)
        self._labels.noted.connect(self._refresh_controls)
        self._instant.said.connect(panel.instant_status.say)
        self._instant.failed.connect(panel.instant_status.say_error)
        self._check.found.connect(panel.checks.set_findings)
        self._training.begins.connect(self._on_training_begins)
        self._training.ended.connect(self._on_training_ended)
        self._training.changed.connect(self._refresh_controls)
        self._runs.changed.connect(self._on_runs_changed)
        self._warming.reported.connect(self._on_warming_reported)
        self._warming.background.finished.connect(self._runs.look_up)
        self._pixel_sizes.noticed.connect(panel.status.say)
        self._quality.busy_changed.connect(self._on_quality_busy_changed)
        for worker in (self._check, self._runs):
            worker.failed.connect(panel.status.say_error)

    def _disconnect_viewer(self) -> None:
        for one in (self._quality, self._label_next, self._open, self._instant, self._labels):
            one.disconnect_viewer()
        self._overlay_key.disconnect()
        self._canvas_context.disconnect()

    def on_shown(self) -> None:
        from napari_csunet.widgets.predict import PredictWidget

        tabify_with(self, docked(self, PredictWidget))
        self._warming.start()
        dock = dock_of(self)
        if dock is not None and dock is not self._dock:
            self._dock = dock
            dock.visibilityChanged.connect(self._runs.look_up)  # a Predict panel that is new comes to the front

    def on_closed(self) -> None:
        self._guide.hide()
        self._guide.deleteLater()  # once begun it belongs to the window, which would keep this panel alive
        self._disconnect_viewer()
        self.close_background()

    def _on_warming_reported(self, found: DevicesFound | None) -> None:
        if found is not None:
            self._panel.form.set_devices(found.devices)

    def _on_open_changed(self) -> None:
        self._warming.wait_for_quiet()
        self._labels.refresh()
        self._pixel_sizes.look_up()
        self._runs.look_up()
        self._refresh_controls()

    def _on_micrographs_checked(self) -> None:
        self._show_counts()
        self._check_labels()

    def _on_open_counted(self, counts: Counts) -> None:
        self._labels.note = self._labels.note if counts == self._counts else ""
        self._counts = counts
        self._warming.wait_for_quiet()
        self._show_counts()
        self._instant.refresh(counts)
        self._label_next.refresh(counts)
        self._training.join(counts)
        self._check_labels()

    def _check_labels(self) -> None:
        """A training has the processor for itself."""
        if self.is_training:
            counts, names, _ = self._selection.trained(self._counts)
            self._check.drop_painted(total(counts, names))
        else:
            self._check.refresh(self._selection.check_request(self._viewer, self._counts))

    def _show_counts(self) -> None:
        panel = self._panel
        counts, names, _ = self._selection.trained(self._counts)
        panel.classes.set_pixels(total(counts, names))
        panel.micrographs.set_notes({name: note_of(self._counts.get(name)) for name in panel.micrographs.names()})
        self._refresh_controls()

    def _refresh_controls(self) -> None:
        counts, names, labelled = self._selection.trained(self._counts)
        hint = self._quality.obstacle or obstacle(counts, names, labelled)
        run = self._runs.to_continue(names)
        self._panel.show_continue("" if run is None else run.label)
        running, stopping = self.is_training, self._training.run.is_stopping
        note, waiting = self._labels.note, self._training.waiting
        self._panel.show_state(running=running, stopping=stopping, hint=hint, note=note, waiting=waiting)
        painted = sum(any(counts.get(name, {}).values()) for name in names)
        self._quality.refresh(painted, is_training=running)

    def _current_network(self) -> Path | None:
        run = self._runs.to_continue(self._selection.trained(self._counts)[1])
        return None if run is None else run.path

    def _on_guide_clicked(self) -> None:
        window = main_window_of(self)
        if window is not None:
            self._guide.begin(window)

    def _on_start_clicked(self) -> None:
        self._training.start(self._counts, start_from=None)

    def _on_continue_clicked(self) -> None:
        path = self._current_network()
        if path is not None:
            self._training.start(self._counts, start_from=path)

    def _on_training_begins(self, checkpoint: Path) -> None:
        self._labels.note = ""
        self._giving_way.begin()
        self._quality.training_begins()
        self._runs.leave_out(checkpoint)

    def _on_training_ended(self) -> None:
        saved = self._training.run.saved
        self._giving_way.end()
        self._runs.leave_out(None)
        if saved is not None:
            self._runs.make_current(saved)
        self._training.join(self._counts)
        self._check_labels()

    def _on_runs_changed(self) -> None:
        if self._training.run.saved is None:
            self._panel.hide_result()
        self._quality.show_run(self._runs.chosen())
        self._refresh_controls()

    def _on_quality_busy_changed(self, is_busy: bool) -> None:
        """As during a training, the processor is needed elsewhere."""
        self._giving_way.begin() if is_busy else self._giving_way.end()
        self._refresh_controls()

    def _on_next_clicked(self) -> None:
        saved = self._training.run.saved
        if saved is None:
            return
        self._training.run.stop_showing()
        _, predict = self._viewer.window.add_plugin_dock_widget("napari-csunet", "Predict", tabify=True)
        predict.come_to_front()
        predict.select_model(saved)
        predict.predict_all()

    def _on_adapt_clicked(self) -> None:
        if self._adapt is None:
            layers = self._open.layers
            self._adapt = AdaptDialog(lambda: [source_of(layer) for layer in layers()], self._panel.form.value, self)
            self._adapt.adapted.connect(self._panel.form.set_weights)
        self._warming.pause()
        self._adapt.show()
        self._adapt.raise_()
