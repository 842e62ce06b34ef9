"""Brings masks of files, and masks that napari took for pictures, to their micrographs as layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from napari_csunet.errors import CSUNetError
from napari_csunet.export.numbers import listed, plural
from napari_csunet.micrographs.mask_classes import classes_of_mask_file
from napari_csunet.micrographs.reading import SUFFIXES
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.layers import finest, mask_pictures, pixel_size_of
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
    """``said``: what was added, in a sentence. ``added``: names of the new layers."""

    said = Signal(str)
    added = Signal(object)
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, offer: MaskOffer) -> None:
        super().__init__(offer)
        self._viewer, self._offer = viewer, offer
        self._names: list[str] = []
        self._problems: list[str] = []
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self._on_background_finished)
        offer.use.clicked.connect(self._on_use_clicked)

    def ask(self) -> None:
        """For files."""
        endings = " ".join(f"*{suffix}" for suffix in SUFFIXES if suffix not in (".jpg", ".jpeg"))
        kinds = f"Masks ({endings});;All files (*)"
        paths, _ = QFileDialog.getOpenFileNames(self._offer, "Add masks", "", kinds)
        self.add_files([Path(path) for path in paths])

    def add_files(self, paths: Sequence[Path]) -> None:
        if not paths or self.background.is_running:
            return
        self._names, self._problems = [], []
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
        self._names.append(add_mask(self._viewer, read.name, read.values, classes, read.pixel_size))

    def _on_background_finished(self) -> None:
        alone = [name for name in self._names if fitting_micrograph(self._viewer, self._viewer.layers[name]) is None]
        without = f" {plural(len(alone), 'mask')} without an open micrograph." if alone else ""
        told = f"{plural(len(self._names), 'mask')} added.{without}" if self._names else "No mask was added."
        self.said.emit(" ".join([told, *self._problems[:_NAMED]]))
        self.added.emit(self._names)

    def _on_use_clicked(self) -> None:
        try:
            names = [self._used(picture) for picture in mask_pictures(self._viewer)]
        except CSUNetError as error:  # the class table beside one of them is broken
            self.failed.emit(error)
            return
        self.said.emit(f"{plural(len(names), 'picture is', 'pictures are')} now used as masks.")
        self.added.emit(names)

    def _used(self, picture: Image) -> str:
        """The picture goes, the classes of its file and its pixel size stay."""
        values, path = _whole(np.asarray(finest(picture))), picture.source.path
        classes = (classes_of_mask_file(path) if path else None) or known_classes(self._viewer, values)
        self._viewer.layers.remove(picture)
        return add_mask(self._viewer, str(picture.name), values, classes, pixel_size_of(picture))


def _whole(values: npt.NDArray[np.generic]) -> npt.NDArray[np.integer]:
    """A copy that can be painted on."""
    return values.astype(np.uint8) if values.dtype.kind == "b" else np.array(values)
