"""The menu beside the class table: what one does with classes now and then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from qtpy.QtCore import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu, QToolButton

from napari_csunet.classes import ClassTable, MicrographClass
from napari_csunet.widgets.class_table_parts import swatch

MERGE = "What is painted as this class becomes the other one, on all label layers and in the open project."
REMOVE = "What is painted as this class becomes unlabelled."
UNDO = "Bring the class and its strokes back."
IMPORT = "Take the classes of another project, a model, or a mask of this program."
EXPORT = "Write names, label values and colours to a file, for another project."


class ClassTableMenu(QToolButton):
    """``merge_wanted``: label value of the class that the chosen one is to become."""

    merge_wanted = Signal(int)
    removal_wanted = Signal()
    undo_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, chosen: Callable[[], tuple[MicrographClass, ClassTable]]) -> None:
        """``chosen``: the class that the menu is about, and all classes."""
        super().__init__()
        self._chosen = chosen
        self.setText("more…")
        self.setObjectName("class_table_menu_button")
        self.setToolTip("Merge or remove the chosen class; import or export the class table.")
        self.setStyleSheet("QToolButton::menu-indicator { image: none; }")  # napari's would cover the last letter
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._fill()
        self.set_undo("")

    def set_undo(self, text: str) -> None:
        self._undo.setText(text or "Undo")
        self._undo.setEnabled(bool(text))

    def _fill(self) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self._merge = QMenu(menu)
        self._may_merge: QAction = cast(QAction, self._merge.menuAction())
        self._remove, self._undo = QAction(menu), QAction(menu)
        imported, exported = QAction("Import classes…", menu), QAction("Export classes…", menu)
        menu.addActions([self._may_merge, self._remove, self._undo])
        menu.addSeparator()
        menu.addActions([imported, exported])
        for action, name, tooltip in (
            (self._may_merge, "merge_class_action", MERGE),
            (self._remove, "remove_class_action", REMOVE),
            (self._undo, "undo_class_change_action", UNDO),
            (imported, "import_classes_action", IMPORT),
            (exported, "export_classes_action", EXPORT),
        ):
            action.setObjectName(name)
            action.setToolTip(tooltip)
        for action, wanted in (
            (self._remove, self.removal_wanted),
            (self._undo, self.undo_wanted),
            (imported, self.import_wanted),
            (exported, self.export_wanted),
        ):
            action.triggered.connect(partial(_tell, wanted))
        menu.aboutToShow.connect(self._on_about_to_show)
        self.setMenu(menu)

    def _on_about_to_show(self) -> None:
        chosen, classes = self._chosen()
        may_go = len(classes) > 2
        self._merge.setTitle(f"Merge {chosen.name} into")
        self._may_merge.setEnabled(may_go and chosen.value > 0)  # 0 is what nobody has painted, too
        self._remove.setText(f"Remove {chosen.name}")
        self._remove.setEnabled(may_go)
        self._merge.clear()
        for other in classes.classes:
            if other != chosen:
                action = QAction(swatch(other.colour), other.name, self._merge)
                self._merge.addAction(action)
                action.triggered.connect(partial(self._on_other_triggered, other.value))

    def _on_other_triggered(self, value: int, checked: bool = False) -> None:
        self.merge_wanted.emit(value)


def _tell(wanted: Signal, checked: bool = False) -> None:
    wanted.emit()
