"""The clean-up of the Measure panel: what the form says is shown on the canvas, applied, and taken back."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.widgets.clean_up_run import CleanUpRun
from napari_csunet.widgets.mask_cleaning import CleanUps, cleaning_of
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_layout import MeasureLayout


class CleanUpControl(QObject):
    """Between the form of a panel and the run. ``applied``: masks have changed.

    ``masks``: tells the checked ones. ``choices``: what else is chosen. ``is_busy``: whether masks are being measured.
    ``cover_of``: the layer that stands for a mask on screen, if there is one.
    """

    applied = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        panel: MeasureLayout,
        masks: Callable[[], list[Layer]],
        choices: Callable[[], MeasureChoices],
        is_busy: Callable[[], bool],
        cover_of: Callable[[Layer], Layer | None],
    ) -> None:
        super().__init__()
        self._form, self._fold = panel.clean_up, panel.clean_up_fold
        self._masks, self._choices, self._is_busy = masks, choices, is_busy
        self._settings: CleanUps = {}  # those that were applied last
        self.run = CleanUpRun(viewer, cover_of)
        self._connect()

    @property
    def split(self) -> dict[int, float]:
        """By class value, of what was applied last; splits change no pixel and hold for all masks."""
        return {value: one.split for value, one in self._settings.items() if one.split}

    def refresh(self, masks: list[Layer], classes: ClassTable | None) -> None:
        """Others are checked, layers came or went, or a measurement has begun or ended."""
        self.run.look_around()
        self._form.set_classes(classes)
        self._refresh_buttons(masks)

    def preview(self, _: object = None) -> None:
        """Of the checked mask on top of the canvas, as long as the form is unfolded."""
        masks = self._masks()
        self._refresh_buttons(masks)
        is_wanted = self._fold.isChecked() and self._form.preview.isChecked() and not self._is_busy()
        self.run.preview(masks if is_wanted else [], self._form.value(), self._choices())

    def _connect(self) -> None:
        form = self._form
        form.value_changed.connect(self.preview)
        form.preview.toggled.connect(self.preview)
        form.apply.clicked.connect(self._on_apply_clicked)
        form.undo.clicked.connect(self._on_undo_clicked)
        self._fold.toggled.connect(self.preview)
        self.run.said.connect(form.status.say)
        self.run.failed.connect(form.status.say_error)
        self.run.applied.connect(self.applied)

    def _refresh_buttons(self, masks: list[Layer]) -> None:
        is_cleaned = bool(self._settings) or any(cleaning_of(mask) for mask in masks)
        self._form.show_state(can_apply=bool(masks) and not self._is_busy(), can_undo=is_cleaned)

    def _on_apply_clicked(self) -> None:
        self._settings = dict(self._form.value())
        self._form.status.say("Cleaning…")
        self.run.apply(self._masks(), self._settings, self._choices())

    def _on_undo_clicked(self) -> None:
        self._settings = {}
        self.run.undo(self._masks())
