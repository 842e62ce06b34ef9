"""Brings masks of files, and masks that napari took for pictures, to their micrographs as layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image, Layer
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from napari_csunet.errors import CSUNetError
from napari_csunet.export.numbers import listed, plural
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.micrographs.reading import SUFFIXES
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.layers import finest, mask_pictures, pictures_of, pixel_size_of
from napari_csunet.widgets.mask_files import MaskFile, UnreadMask, read_mask_files
from napari_csunet.widgets.mask_layers import add_mask, fitting_micrograph, known_classes, pair_late, size_sentence
from napari_csunet.widgets.panel_parts import button, sentence

ADD = "Open mask files, of this program or another, each on the micrograph of the same name. Object numbers work too."
USE = "Make label layers of these pictures, with the place and scale of their micrographs, ready to be measured."
_NAMED = 2


class MaskOffer(QWidget):
    """One sentence and one button, as long as there are pictures that are masks."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("mask_offer_widget")
        self._sentence = sentence("mask_offer_label")
        self.use = button("Use as masks", "use_as_masks_button", USE)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._sentence, 1)
        layout.addWidget(self.use)
        self.hide()

    def show_names(self, names: Sequence[str]) -> None:
        more = len(names) - _NAMED
        named = listed([*names[:_NAMED], *([f"{more} more"] if more > 0 else [])])
        what = "was opened as a picture, but is a mask" if len(names) == 1 else "were opened as pictures, but are masks"
        self._sentence.setText(f"{named} {what}." if names else "")
        self.setVisible(bool(names))


class MaskAdding(QObject):
    """``said``: what was added, in a sentence. ``added``: names of the new layers. ``add``: its button."""

    said = Signal(str)
    added = Signal(object)
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, offer: MaskOffer, add: QPushButton) -> None:
        super().__init__(offer)
        self._viewer, self._offer, self._add = viewer, offer, add
        self._layers: list[Layer] = []
        self._problems: list[str] = []
        self._has_failed = False
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self._on_background_failed)
        self.background.finished.connect(self._on_background_finished)
        offer.use.clicked.connect(self._on_use_clicked)
        add.clicked.connect(self.ask)

    def ask(self) -> None:
        """For files."""
        endings = " ".join(f"*{suffix}" for suffix in SUFFIXES if suffix not in (".jpg", ".jpeg"))
        kinds = f"Masks ({endings});;All files (*)"
        paths, _ = QFileDialog.getOpenFileNames(self._offer, "Add masks", "", kinds)
        self.add_files([Path(path) for path in paths])

    def add_files(self, paths: Sequence[Path]) -> None:
        if not paths or self.background.is_running:
            return
        self._layers, self._problems, self._has_failed = [], [], False
        self._add.setEnabled(False)
        self.said.emit("Opening the masks…")
        self.background.start(read_mask_files, list(paths))

    def look_around(self) -> None:
        """Layers came, went or were renamed."""
        self._offer.show_names([str(one.name) for one in mask_pictures(self._viewer)])
        pair_late(self._viewer)

    def _on_background_reported(self, read: MaskFile | UnreadMask) -> None:
        if isinstance(read, UnreadMask):
            self._problems.append(read.why)
            return
        problem = size_sentence(self._viewer, read.name, read.values.shape)
        if problem:
            self._problems.append(problem)
            return
        classes = read.classes or known_classes(self._viewer, read.values)
        self._layers.append(add_mask(self._viewer, read.name, read.values, classes, read.pixel_size))

    def _on_background_failed(self, error: Exception) -> None:
        self._has_failed = True
        self.failed.emit(error)

    def _on_background_finished(self) -> None:
        """Some layers may be renamed or closed by now."""
        self._add.setEnabled(True)
        there = [layer for layer in self._layers if layer in self._viewer.layers]
        if not self._has_failed:
            self.said.emit(" ".join([self._told(there), *self._problems_told()]))
        self.added.emit([str(layer.name) for layer in there])

    def _told(self, there: Sequence[Layer]) -> str:
        if not self._layers:
            return "No mask was added."
        pictures = pictures_of(self._viewer)
        alone = [layer for layer in there if fitting_micrograph(self._viewer, layer, pictures) is None]
        comes = "which it joins when that is opened" if len(alone) == 1 else "which they join when those are opened"
        without = f" {plural(len(alone), 'mask')} without an open micrograph, {comes}." if alone else ""
        return f"{plural(len(self._layers), 'mask')} added.{without}"

    def _problems_told(self) -> list[str]:
        more = len(self._problems) - _NAMED
        return [
            *self._problems[:_NAMED],
            *([f"{plural(more, 'more file was', 'more files were')} not added."] if more > 0 else []),
        ]

    def _on_use_clicked(self) -> None:
        try:
            names = [str(self._used(picture).name) for picture in mask_pictures(self._viewer)]
        except CSUNetError as error:  # the class table beside one of them is broken
            self.failed.emit(error)
            return
        used = "picture is now used as a mask", "pictures are now used as masks"
        self.said.emit(f"{plural(len(names), *used)}.")
        self.added.emit(names)

    def _used(self, picture: Image) -> Layer:
        """The picture goes, the classes of its file and its pixel size stay."""
        values, path = _whole(np.asarray(finest(picture))), picture.source.path
        classes = (classes_of_mask_file(path) if path else None) or known_classes(self._viewer, values)
        self._viewer.layers.remove(picture)
        return add_mask(self._viewer, str(picture.name), values, classes, pixel_size_of(picture))


def _whole(values: npt.NDArray[np.generic]) -> npt.NDArray[np.integer]:
    """A copy that can be painted on."""
    return values.astype(np.uint8) if values.dtype.kind == "b" else np.array(values)
