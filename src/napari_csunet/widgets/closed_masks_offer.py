"""Says how many masks of closed micrographs a project has, and lists them in the Measure panel by one button."""

from __future__ import annotations

from napari.components import ViewerModel
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_csunet.export.numbers import plural
from napari_csunet.widgets.background import Background
from napari_csunet.widgets.closed_masks import (
    ClosedMask,
    add_closed_mask,
    closed_mask_of,
    closed_masks_of,
    read_closed_masks,
)
from napari_csunet.widgets.mask_files import MaskFile, UnreadMask
from napari_csunet.widgets.panel_parts import button, sentence
from napari_csunet.widgets.project_session import ProjectSession

WAIT_MS = 60
LIST = "Read them from the folder of the project, and list them here to be measured and exported with the others."


class ClosedMasksOffer(QWidget):
    """One sentence and one button, as long as there are such masks that are not listed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("closed_masks_widget")
        self._sentence = sentence("closed_masks_label")
        self.take = button("List them, too", "list_closed_masks_button", LIST)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for part in (self._sentence, self.take):
            layout.addWidget(part)
        self.hide()

    def show_count(self, count: int) -> None:
        masks = plural(count, "mask of a closed micrograph", "masks of closed micrographs")
        self._sentence.setText(f"The project has {masks} that {'is' if count == 1 else 'are'} not in this list.")
        self.setVisible(count > 0)


class ClosedMasks(QObject):
    """``said``: what was listed, in a sentence. ``failed``: what went wrong.

    A listed mask goes when its micrograph is opened, which brings its own, or when its file has changed.
    """

    said = Signal(str)
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, offer: ClosedMasksOffer) -> None:
        super().__init__(offer)
        self._viewer, self._offer = viewer, offer
        self._session: ProjectSession | None = None
        self._listed = 0
        self._problems: list[str] = []
        self.background = Background()
        self.background.reported.connect(self._on_background_reported)
        self.background.failed.connect(self.failed)
        self.background.finished.connect(self._on_background_finished)
        offer.take.clicked.connect(self._on_take_clicked)
        self._timer = QTimer(self)  # one look for all that comes together
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self.look)

    def follow(self, session: ProjectSession | None) -> None:
        """The project that is open now, if one is; layers may have come or gone."""
        if session is not self._session:
            if self._session is not None:
                self._session.changed.disconnect(self._on_session_changed)
            self._session = session
            if session is not None:
                session.changed.connect(self._on_session_changed)
        self._timer.start()

    def stop(self) -> None:
        if self._session is not None:
            self._session.changed.disconnect(self._on_session_changed)
        self._session = None
        self._timer.stop()

    def look(self) -> None:
        """Takes away what is listed and no longer so, and offers what is not listed."""
        there = self._there()
        for layer in [one for one in self._viewer.layers if closed_mask_of(one) is not None]:
            if closed_mask_of(layer) not in there:
                self._viewer.layers.remove(layer)
        self._offer.show_count(len(self._missing(there)))

    def _there(self) -> list[ClosedMask]:
        is_open = self._session is not None and not self._session.is_closed
        return closed_masks_of(self._session) if is_open and self._session is not None else []

    def _missing(self, there: list[ClosedMask]) -> list[ClosedMask]:
        listed = [closed_mask_of(layer) for layer in self._viewer.layers]
        return [mask for mask in there if mask not in listed]

    def _on_session_changed(self, _: str) -> None:
        self._timer.start()

    def _on_take_clicked(self) -> None:
        if self.background.is_running:
            return
        self._listed, self._problems = 0, []
        self._offer.take.setEnabled(False)
        self.said.emit("Reading the masks…")
        self.background.start(read_closed_masks, self._missing(self._there()))

    def _on_background_reported(self, news: tuple[ClosedMask, MaskFile | UnreadMask]) -> None:
        mask, read = news
        if isinstance(read, UnreadMask):
            self._problems.append(read.why)
        elif mask in self._missing(self._there()):  # its micrograph may have been opened meanwhile
            add_closed_mask(self._viewer, mask, read)
            self._listed += 1

    def _on_background_finished(self) -> None:
        self._offer.take.setEnabled(True)
        masks = plural(self._listed, "mask of a closed micrograph is", "masks of closed micrographs are")
        self.said.emit(" ".join([f"{masks} listed: measure to have them in the numbers.", *self._problems[:2]]))
        self.look()
