"""The list of a project's micrographs: thumbnail, name, role, how much is labelled, what is predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPoint, QSize, Qt, Signal
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QMenu

from napari_csunet.classes import ClassTable
from napari_csunet.project.description import Entry, Role

THUMBNAIL = 48
ROLES: tuple[Role, ...] = ("train", "validation", "unused")
WHAT_FOR: dict[Role, str] = {"train": "Use for training", "validation": "Use for validation", "unused": "Leave out"}
ROLE_TOOLTIP = (
    "What the micrograph is for.\ntrain: its labels are learnt from.\nvalidation: its labels only judge.\n"
    "unused: left out."
)


class ProjectList(QListWidget):
    """``micrograph_picked`` and ``role_chosen`` (by the context menu, for all chosen rows) name keys."""

    micrograph_picked = Signal(str)
    role_chosen = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("project_list")
        self.setToolTip("The micrographs of the project. Click one to show it; the right button changes its role.")
        self.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMinimumHeight(3 * (THUMBNAIL + 8))
        self._items: dict[str, QListWidgetItem] = {}
        self.itemClicked.connect(self._on_item_clicked)
        self.itemActivated.connect(self._on_item_clicked)
        self.customContextMenuRequested.connect(self._on_menu_requested)

    def set_keys(self, keys: Sequence[str]) -> None:
        self.clear()
        self._items = {}
        for key in keys:
            item = QListWidgetItem(_blank_icon(), key)
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setSizeHint(QSize(0, THUMBNAIL + 8))
            self._items[key] = item
            self.addItem(item)

    def show_entry(self, entry: Entry, classes: ClassTable, *, is_predicted: bool) -> None:
        """What a row says."""
        item = self._items.get(entry.key)
        if item is not None:
            item.setText("\n".join((entry.key, *_words(entry, classes, is_predicted))))
            item.setToolTip(entry.path)

    def show_thumbnail(self, key: str, picture: npt.NDArray[np.uint8]) -> None:
        """``picture`` is (h, w, 3)."""
        if key in self._items:
            self._items[key].setIcon(_icon(picture))

    def show_complaint(self, key: str, complaint: str) -> None:
        if key in self._items:
            self._items[key].setToolTip(complaint)

    def mark(self, key: str) -> None:
        """Chooses the row of the micrograph on screen and scrolls to it."""
        item = self._items.get(key)
        if item is not None and item is not self.currentItem():
            self.setCurrentItem(item)

    def chosen(self) -> list[str]:
        return [_key(item) for item in self.selectedItems()]

    def _on_item_clicked(self, item: QListWidgetItem) -> None:
        self.micrograph_picked.emit(_key(item))

    def _on_menu_requested(self, place: QPoint) -> None:
        if not self.chosen():
            return
        menu = QMenu(self)
        actions = {menu.addAction(WHAT_FOR[role]): role for role in ROLES}
        viewport = self.viewport()
        action = menu.exec(viewport.mapToGlobal(place)) if viewport is not None else None
        if action is not None:
            self.role_chosen.emit(self.chosen(), actions[action])


def _key(item: QListWidgetItem) -> str:
    return str(item.data(Qt.ItemDataRole.UserRole))


def _words(entry: Entry, classes: ClassTable, is_predicted: bool) -> tuple[str, str]:
    share = entry.labelled_share(classes)
    labelled = f"{_percent(share)} labelled" if share else "no labels"
    unsure = f" · unsure {entry.uncertainty:.2f}" if entry.uncertainty is not None else ""
    return f"{entry.role} · {labelled}", f"predicted{unsure}" if is_predicted else "not predicted"


def _percent(share: float) -> str:
    percent = 100 * share
    if percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"


def _icon(picture: npt.NDArray[np.uint8]) -> QIcon:
    """Square, so that names stand below each other."""
    height, width, _ = picture.shape
    pixels = np.ascontiguousarray(picture)
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    pixmap = QPixmap.fromImage(image.copy())
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _blank_icon() -> QIcon:
    pixmap = QPixmap(THUMBNAIL, THUMBNAIL)
    pixmap.fill(Qt.GlobalColor.transparent)
    return QIcon(pixmap)
