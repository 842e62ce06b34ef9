"""The list of suggested regions: where, why, and which one is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QListWidget, QListWidgetItem

from napari_csunet.inference.suggesting.suggestion_reports import Suggestion

VISIBLE_ROWS = 4
ROW_HEIGHT = 38
"""Two lines: where, and why."""


class SuggestionList(QListWidget):
    """A row for each suggestion, the most useful first."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("label_next_list")
        self.setToolTip("Regions where a stroke of each class you see would help most. Click one to go there.")
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._suggestions: list[Suggestion] = []
        self._is_fresh = True  # nobody has gone to one of these yet
        self._fit()

    def set_suggestions(self, suggestions: Sequence[Suggestion]) -> None:
        """Replaces all rows; one that stays is still the chosen one."""
        kept = self.current()
        row = next((i for i, one in enumerate(suggestions) if kept is not None and one.place_of == kept.place_of), None)
        self._suggestions, self._is_fresh = list(suggestions), self._is_fresh or row is None
        self.clear()
        for one in suggestions:
            self.addItem(_item(one))
        self.setCurrentRow(row or 0 if suggestions else -1)
        self._fit()

    def keep_only(self, names: Collection[str]) -> None:
        """Drops the suggestions for other micrographs."""
        kept = [one for one in self._suggestions if one.name in names]
        if len(kept) != len(self._suggestions):
            self.set_suggestions(kept)

    def current(self) -> Suggestion | None:
        row = self.currentRow()
        return self._suggestions[row] if 0 <= row < len(self._suggestions) else None

    def visit(self) -> Suggestion | None:
        """The chosen one, to which somebody goes now."""
        self._is_fresh = False
        return self.current()

    def step(self) -> None:
        """Chooses the next one, the first after the last; of a new list, the first."""
        self.setCurrentRow(0 if self._is_fresh else (self.currentRow() + 1) % len(self._suggestions))

    def _fit(self) -> None:
        rows = max(1, min(VISIBLE_ROWS, self.count()))
        self.setFixedHeight(rows * ROW_HEIGHT + 2 * self.frameWidth() + 2)


def _item(one: Suggestion) -> QListWidgetItem:
    item = QListWidgetItem(f"{one.name}\n{one.reason}")
    place = one.place
    where = f"slice {place.slice_index}, row {place.top}, column {place.left}"
    item.setToolTip(f"{one.name}, {where}: {one.reason}")
    item.setSizeHint(QSize(0, ROW_HEIGHT))
    return item
