"""The Measure panel: choose masks, clean them up, see numbers, find objects in the micrograph, export everything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from napari.layers import Layer
from napari.viewer import Viewer

from napari_csunet.widgets.canvas_context import CanvasContext
from napari_csunet.widgets.clean_up_control import CleanUpControl
from napari_csunet.widgets.docking import bring_to_front, docked, tabify_with
from napari_csunet.widgets.last_measurement import LastMeasurement
from napari_csunet.widgets.layers import finest
from napari_csunet.widgets.mask_agreement import ClassAgreement
from napari_csunet.widgets.mask_following import MaskFollowing
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_layout import SLICES, MeasureLayout
from napari_csunet.widgets.measure_masks import MeasureMasks
from napari_csunet.widgets.measure_sizes import MeasureSizes
from napari_csunet.widgets.measure_sources import are_of_one_place
from napari_csunet.widgets.measure_work import ExportNews, MeasuredMasks, MeasureReport
from napari_csunet.widgets.measured_objects import MeasuredObjects
from napari_csunet.widgets.measurement_run import MeasurementRun
from napari_csunet.widgets.panel import CLOSING_S, Panel
from napari_csunet.widgets.project_beside import session_beside
from napari_csunet.widgets.report_folder import chosen_folder, may_replace


class MeasureWidget(Panel):
    """Reads the checked masks, measures them in a thread, and shows and exports the result."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("measure_widget")
        self._viewer = napari_viewer
        self._failed = False
        self._panel = MeasureLayout(self)
        self._run = MeasurementRun(napari_viewer)
        self._listed = MeasureMasks(napari_viewer, self._panel)
        self._objects = MeasuredObjects(napari_viewer, lambda: not self.visibleRegion().isEmpty())
        self._last = LastMeasurement(napari_viewer, self._panel, self._objects)
        checked, cover_of = self._listed.checked, self._objects.colours_of
        self._clean_up = CleanUpControl(
            napari_viewer, self._panel, checked, self._choices, lambda: self.is_measuring, cover_of
        )
        self._sizes = MeasureSizes(napari_viewer, self._panel, checked)
        self._following = MaskFollowing(napari_viewer, cover_of)
        self._connect_panel()
        self._connect_viewer()
        self._listed.refresh()
        self._refresh_controls()

    @property
    def is_measuring(self) -> bool:
        """Or exporting."""
        return self._run.is_running

    @property
    def measured(self) -> MeasuredMasks | None:
        """The last measurement."""
        return self._last.measured

    def come_to_front(self) -> None:
        bring_to_front(self)

    def export_to(self, folder: Path, *, overwrite: bool = False) -> None:
        """Writes the checked masks, measured as they are now, into a folder; asks before it replaces an export."""
        self._begin("Exporting…")
        masks, only_shown, earlier = self._listed.checked(), self._only_shown(), self._last.measured
        self._run.export(masks, self._choices(), folder, earlier, only_shown=only_shown, overwrite=overwrite)
        self._refresh_controls()

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Asks every thread of this panel to end and waits at most so long for each; False if one goes on."""
        parts = (self._run, self._clean_up.run, self._objects, self._listed, self._sizes)
        ended = [part.close(seconds) for part in parts]  # all of them are asked
        return all(ended)

    def on_shown(self) -> None:
        from napari_csunet.widgets.fine_tune import FineTuneWidget
        from napari_csunet.widgets.predict import PredictWidget

        tabify_with(self, docked(self, PredictWidget) or docked(self, FineTuneWidget))
        self._on_layers_changed()

    def on_closed(self) -> None:
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            event.disconnect(self._on_layers_changed)
        self._canvas_context.disconnect()
        self._clean_up.run.hide()
        self._objects.stop_listening()
        self._sizes.stop()
        self._following.stop()
        self.close_background()

    def _connect_panel(self) -> None:
        panel = self._panel
        self._listed.changed.connect(self._refresh_controls)
        self._listed.checked_anew.connect(self._on_masks_checked)
        self._listed.edited.connect(self._on_classes_edited)
        self._listed.wanted.connect(self._on_mask_wanted)
        self._following.followed.connect(self._listed.look_at_places)
        self._listed.said.connect(panel.status.say)
        self._listed.failed.connect(panel.status.say_error)
        self._sizes.changed.connect(self._on_sizes_changed)
        self._sizes.given.connect(self._on_size_given)
        self._sizes.said.connect(panel.status.say)
        self._sizes.failed.connect(panel.status.say_error)
        panel.start.clicked.connect(self._on_start_clicked)
        panel.stop.clicked.connect(self._on_stop_clicked)
        panel.compare.clicked.connect(self._on_compare_clicked)
        panel.export.clicked.connect(self._on_export_clicked)
        panel.view.object_picked.connect(self._objects.show)
        panel.view.colour_wanted.connect(self._objects.colour)
        self._objects.mask_wanted.connect(self._show_only)
        self._objects.found.connect(panel.view.show_object)
        self._objects.failed.connect(panel.status.say_error)
        self._objects.scaled.connect(panel.view.legend.show_scale)
        self._run.reported.connect(self._on_run_reported)
        self._run.measured.connect(self._on_run_measured)
        self._run.compared.connect(self._on_run_compared)
        self._run.exported.connect(self._on_run_exported)
        self._run.failed.connect(self._on_run_failed)
        self._run.ended.connect(self._on_run_ended)
        self._run.taken.connect(self._on_run_taken)
        self._clean_up.applied.connect(self._on_clean_up_applied)

    def _connect_viewer(self) -> None:
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            event.connect(self._on_layers_changed)
        self._canvas_context = CanvasContext(self._viewer, self)

    def _on_layers_changed(self, event: object = None) -> None:
        from napari_csunet.widgets.fine_tune import FineTuneWidget

        self._sizes.watch(headers=docked(self, FineTuneWidget) is None)  # else that panel looks them up
        self._listed.refresh()
        self._listed.follow(session_beside(self))
        self._following.watch()
        self._refresh_controls()
        if not self.is_measuring:
            self._last.forget_closed()

    def _on_sizes_changed(self) -> None:
        self._listed.look_at_places()
        self._refresh_controls()

    def _on_classes_edited(self) -> None:
        if self.measured is not None:
            self._panel.status.say("Measure again to have the classes as they are now.")

    def _on_masks_checked(self) -> None:
        self._refresh_controls()
        self._clean_up.preview()

    def _refresh_controls(self) -> None:
        masks, panel = self._listed.checked(), self._panel
        panel.show_state(running=self.is_measuring, stopping=self._run.is_stopping, hint=self._obstacle(masks))
        panel.show_stacks(any(finest(mask).ndim == 3 for mask in masks))
        self._clean_up.refresh(masks, self._listed.classes())
        self._sizes.show(masks)
        panel.show_pair(are_of_one_place(self._viewer, masks), running=self.is_measuring)

    def _obstacle(self, masks: list[Layer]) -> str:
        """What keeps the measurement from starting, as a request; empty if nothing does."""
        if masks:
            return ""
        return "Check a mask" if self._panel.masks.count() else "Predict first, or add masks"

    def _choices(self) -> MeasureChoices:
        return replace(self._listed.choices(), split=self._clean_up.split, kinds=self._listed.kinds())

    def _only_shown(self) -> bool:
        """Whether of stacks only the slice on screen is measured."""
        return bool(self._panel.slices.currentText() == SLICES[1])

    def _begin(self, sentence: str) -> None:
        self._clean_up.run.hide()
        self._failed = False
        self._panel.begin(sentence)

    def _on_start_clicked(self) -> None:
        self._begin("Measuring…")
        self._run.measure(self._listed.checked(), self._choices(), only_shown=self._only_shown())
        self._refresh_controls()

    def _on_compare_clicked(self) -> None:
        self._begin("Comparing…")
        self._run.compare(self._listed.checked(), self._choices())
        self._refresh_controls()

    def _on_stop_clicked(self) -> None:
        self._run.stop()
        self._refresh_controls()

    def _on_run_reported(self, news: MeasureReport | ExportNews) -> None:
        self._panel.show_progress(news.progress, news.doing)

    def _on_run_measured(self, measured: MeasuredMasks, masks: list[Layer], slices: list[int | None]) -> None:
        self._last.show(measured, masks, slices)
        self._listed.look_again()

    def _on_run_compared(self, rows: list[ClassAgreement]) -> None:
        self._panel.agreement.show_agreement(rows)
        self._panel.status.say("")

    def _on_run_exported(self, report: Path, notices: tuple[str, ...]) -> None:
        """``notices``: of files that stayed as they were."""
        self._panel.report.set_report(report)
        self._panel.status.say(" ".join([f"The report and all files are in {report.parent}.", *notices]))

    def _on_run_failed(self, error: Exception) -> None:
        self._failed = True
        self._panel.status.say_error(error)

    def _on_run_ended(self) -> None:
        self._panel.end()
        if self._run.is_stopping and not self._failed:
            self._panel.status.say("Stopped.")
        self._run.is_stopping = False
        self._refresh_controls()
        self._last.forget_closed()

    def _on_run_taken(self, folder: Path, file: Path) -> None:
        self._panel.status.say("")
        if may_replace(self, folder, file):
            self.export_to(folder, overwrite=True)
        else:
            self._panel.status.say(f"Nothing was exported: {folder} holds an earlier export.")

    def _on_export_clicked(self) -> None:
        folder = chosen_folder(self)
        if folder is not None and not self.is_measuring:
            self.export_to(folder)

    def _on_mask_wanted(self, mask: Layer) -> None:
        """Brings a mask on screen with its micrograph and hides the other masks and micrographs."""
        self._show_only(mask)
        self._viewer.layers.selection.active = mask
        self._listed.look_at_places()
        self._clean_up.preview()

    def _show_only(self, mask: Layer) -> None:
        self._clean_up.run.hide()
        self._following.show_alone(mask)
        self._objects.show_only(mask)

    def _on_size_given(self, sentence: str) -> None:
        again = "Measure again to have lengths in the new unit." if self.measured else ""
        self._panel.status.say(f"{sentence} {again}".strip())
        self._viewer.reset_view()
        self._refresh_controls()

    def _on_clean_up_applied(self) -> None:
        self._refresh_controls()
        self._last.look_at_masks(self._clean_up.split)
