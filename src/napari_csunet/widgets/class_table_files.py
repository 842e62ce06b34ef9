"""Class tables as files: written alone, and read from wherever this program keeps one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError, LabelError, first_message
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.micrographs.writing import class_table_path, write_class_table
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.class_table import ClassTableEditor
from napari_csunet.widgets.engine import ModelDescription
from napari_csunet.widgets.model_reader import ModelReader
from napari_csunet.widgets.painted_classes import PaintedClasses

KINDS = "Class tables, projects, models, masks (*.json *.safetensors *.tif *.tiff);;All files (*)"
MODEL = ".safetensors"
Yes = QMessageBox.StandardButton.Yes


class ClassTableFiles(QObject):
    """*Import…* and *Export…* of a class table."""

    def __init__(self, editor: ClassTableEditor, painted: PaintedClasses) -> None:
        super().__init__()
        self._editor, self._painted = editor, painted
        self._models = ModelReader()
        self._models.described.connect(self._on_described)
        self._models.failed.connect(editor.say_error)
        editor.import_wanted.connect(self._on_import_wanted)
        editor.export_wanted.connect(self._on_export_wanted)

    @property
    def background(self) -> Background:
        """The thread that reads models."""
        return self._models.background

    def import_from(self, path: Path) -> None:
        """Asks first if painted pixels would be called something else."""
        try:
            if path.suffix != MODEL:
                self._take(path, read_classes(path))
            elif self._models.read(path):
                self._editor.say(f"Reading {path.name}…")
            elif self._models.classes is not None:
                self._take(path, self._models.classes)
        except CSUNetError as error:
            self._editor.say_error(error)

    def _on_described(self, model: ModelDescription) -> None:
        self._take(model.path, model.classes)

    def _take(self, path: Path, classes: ClassTable) -> None:
        painted, before = self._painted.pixels(), self._editor.value()
        renamed = renamed_classes(before, classes, painted)
        if renamed and not self._ask(path, renamed):
            self._editor.say("")
            return
        self._editor.set_value(classes)
        left = [one.name for one in before.classes if painted[one.value] and one.value not in classes.values]
        unused = f" Not in it, so unlabelled: {', '.join(left)}." if left else ""
        self._editor.say(f"{len(classes)} classes from {path.name}.{unused}")

    def export_to(self, path: Path) -> None:
        """The dialog has asked about a file of this very name; another one is not replaced."""
        try:
            written = write_class_table(path, self._editor.value(), overwrite=class_table_path(path) == path)
        except CSUNetError as error:
            self._editor.say_error(error)
            return
        self._editor.say(f"Classes written to {written}.")

    def _ask(self, path: Path, renamed: list[str]) -> bool:
        told = "\n".join(renamed)
        question = (
            f"{path.name} has other names for what is painted:\n{told}\nTake them? The strokes keep their values."
        )
        answer = QMessageBox.question(self._editor, "Import classes", question)
        return bool(answer == Yes)

    def _on_import_wanted(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._editor, "Import classes", str(Path.home()), KINDS)
        if chosen:
            self.import_from(Path(chosen))

    def _on_export_wanted(self) -> None:
        suggested = str(Path.home() / "alloy.classes.json")
        chosen, _ = QFileDialog.getSaveFileName(self._editor, "Export classes", suggested, "*.classes.json")
        if chosen:
            self.export_to(Path(chosen))


def read_classes(path: Path) -> ClassTable:
    """From a class table, ``project.json`` or a mask file. Raises CSUNetError that says what is wrong."""
    found = _found(path)
    if found is None:
        raise LabelError(f"{path} has no class table. Choose a *.classes.json, a project.json, a model or a mask.")
    if len(found) < 2 or max(found.values) == 0:
        raise LabelError(f"{path} holds {len(found)} class. Choose a table of at least two.")
    return found


def renamed_classes(before: ClassTable, after: ClassTable, painted: Mapping[int, int]) -> list[str]:
    """A line for each painted label value that would get another name; a name that nobody chose does not count.

    What nobody has painted gets a name, too, if 0 becomes a class.
    """
    names = {one.value: one.name for one in after.classes}
    zero = [f"what is not painted becomes {names[0]}"] if 0 in names and 0 not in before.values else []
    return (zero if any(painted.values()) else []) + [
        f"{one.name} becomes {names[one.value]} ({painted[one.value]} px)"
        for one in before.classes
        if painted.get(one.value) and names.get(one.value, one.name) not in (one.name, f"class {one.value}")
        if one.name != f"class {one.value}"
    ]


def _found(path: Path) -> ClassTable | None:
    if path.suffix in (".tif", ".tiff"):
        return classes_of_mask_file(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        is_project = isinstance(content, dict) and "micrographs" in content
        return ClassTable.model_validate(content["classes"] if is_project else content)
    except OSError as error:
        raise LabelError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error
    except (ValueError, LookupError) as error:
        reason = first_message(error) if isinstance(error, ValueError) else str(error)
        raise LabelError(f"{path} is not a class table ({reason}). Export one from another project.") from error
