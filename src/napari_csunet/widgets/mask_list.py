"""The list of masks: those that are measured are checked, a click brings one on screen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qtpy.QtCore import Qt

from napari_csunet.widgets.micrograph_list import MicrographList


class MaskList(MicrographList):
    """Names of mask layers; new ones are checked if they are meant to be measured."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("measure_masks_list")
        self.setToolTip("The masks to measure. Click one to bring it on screen, uncheck it to leave it out.")
        self._was_clicked = False
        self.micrograph_picked.connect(self._on_clicked)

    def set_masks(self, names: Sequence[str], meant: Collection[str]) -> None:
        """Replaces the rows; what was checked or unchecked stays so."""
        before, checked = set(self.names()), set(self.checked())
        self.set_names(names)
        self.blockSignals(True)
        for row, name in enumerate(self.names()):
            item = self.item(row)
            if item is not None:
                wanted = name in checked if name in before else name in meant
                item.setCheckState(Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)
        self.blockSignals(False)
        if not self._was_clicked:
            self.setCurrentRow(-1)
            self.scrollToTop()

    def _on_clicked(self, name: str) -> None:
        self._was_clicked = True
