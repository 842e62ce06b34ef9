"""Between the table of classes and the checked masks: what the user says is kept with these, in the session."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, Signal

from napari_csunet.classes import ClassTable
from napari_csunet.measurement.kind import Kind, Kinds, is_called_matrix
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.mask_naming import named_classes, remember_kind, remember_names, show_classes
from napari_csunet.widgets.measure_choices import MeasureChoices
from napari_csunet.widgets.measure_class_table import MeasureClassTable
from napari_csunet.widgets.measure_survey import MaskSurvey, Survey


class MeasureClasses(QObject):
    """``masks``: tells the checked ones. ``choices``: what else is chosen.

    ``changed``: other classes are shown, or they are called or measured otherwise. ``failed``: why the masks cannot be
    measured together. ``edited``: the user has changed a name or a kind.
    """

    changed = Signal()
    edited = Signal()
    failed = Signal(object)

    def __init__(
        self,
        viewer: ViewerModel,
        table: MeasureClassTable,
        masks: Callable[[], list[Layer]],
        choices: Callable[[], MeasureChoices],
    ) -> None:
        super().__init__(table)
        self._table, self._masks, self._choices = table, masks, choices
        self._looked_at: list[Layer] | None = None  # not while they are being looked at
        self._watched: WeakSet[Layer] = WeakSet()
        self._survey = MaskSurvey(viewer)
        self._survey.found.connect(self._on_survey_found)
        self._survey.failed.connect(self._on_survey_failed)
        table.renamed.connect(self._on_table_renamed)
        table.kind_chosen.connect(self._on_table_kind_chosen)

    @property
    def background(self) -> Background:
        return self._survey.background

    def classes(self) -> ClassTable | None:
        """Those that are shown if they are of the checked masks, else those that one of these carries."""
        survey, masks = self._table.survey(), self._masks()
        if survey is not None and masks == self._looked_at:
            return survey.classes
        return next((known for mask in masks if (known := named_classes(mask)) is not None), None)

    def kinds(self) -> Kinds:
        """As shown, if they are those of the checked masks."""
        return self._table.kinds() if self._masks() == self._looked_at else {}

    def words(self) -> str:
        """How the values of the checked masks were read, where no class table says what they mean; else empty."""
        survey = self._table.survey()
        return survey.words if survey is not None and self._masks() == self._looked_at else ""

    def refresh(self, *, again: bool = True) -> None:
        """Other masks are checked, or the masks may hold other values; ``again``: even if they are the same layers."""
        masks = self._masks()
        self._watch(masks)
        if again or masks != self._looked_at:
            self._looked_at = None
            self._survey.look(masks, self._choices())

    def stop(self) -> None:
        self._survey.stop()
        for mask in list(self._watched):
            for event in (mask.events.metadata, mask.events.data):
                event.disconnect(self._on_mask_changed)
        self._watched.clear()

    def _watch(self, masks: list[Layer]) -> None:
        """Masks may be predicted anew, and get other classes."""
        for mask in masks:
            if mask not in self._watched:
                self._watched.add(mask)
                for event in (mask.events.metadata, mask.events.data):
                    event.connect(self._on_mask_changed)

    def _on_mask_changed(self, event: object = None) -> None:
        self.refresh()

    def _on_survey_found(self, survey: Survey | None) -> None:
        self._looked_at = self._masks()
        self._table.show_survey(survey)
        if survey is not None and not survey.numbered:
            for mask in self._looked_at:
                show_classes(mask, survey.classes)
        self.changed.emit()

    def _on_survey_failed(self, error: Exception) -> None:
        self._table.show_survey(None)
        self.failed.emit(error)

    def _on_table_renamed(self, classes: ClassTable) -> None:
        """What the classes are measured as stays, whatever they are called; but what is called matrix now is it."""
        survey = self._table.survey()
        before = survey.classes if survey is not None else classes
        for mask in self._masks():
            remember_names(mask, classes, numbered=self._is_numbered())
            for old, new in zip(before.classes, classes.classes, strict=True):
                is_new = new.name != old.name and is_called_matrix(new.name)
                kind = Kind.MATRIX if is_new else self._table.kinds()[new.value]
                remember_kind(mask, new.value, kind, numbered=self._is_numbered())
        self.edited.emit()

    def _on_table_kind_chosen(self, value: int, kind: Kind) -> None:
        for mask in self._masks():
            for one, known in {**self._table.kinds(), value: kind}.items():
                remember_kind(mask, one, known, numbered=self._is_numbered())
        self.edited.emit()

    def _is_numbered(self) -> bool:
        survey = self._table.survey()
        return survey is not None and survey.numbered
