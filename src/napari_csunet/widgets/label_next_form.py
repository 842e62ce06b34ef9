"""What *Label here next* looks like in each state; knows no layers and no engine."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_csunet.inference.suggesting.suggestion_reports import SuggestionReport
from napari_csunet.widgets.fold import Fold
from napari_csunet.widgets.label_next_list import SuggestionList
from napari_csunet.widgets.panel_parts import button, check, progress_bar, row
from napari_csunet.widgets.status import Status

SUGGEST, STOP = "Suggest", "Stop"
FOLD = "Where a few strokes help most, and micrographs that look unlike the labelled ones."
SUGGEST_TOLD = "Look at all micrographs for the ten regions where a stroke of each class helps most."
MAP = "Over the micrograph, show how unsure the program is: bright where two classes are about equally likely."
NETWORK = "Also ask the fine-tuned network that is current what it is unsure of; takes as long as Predict."
VIEWS = (
    "Ask the network about turned and mirrored views as well: sharper, takes 8 times as long. Where classes lie in "
    "layers, only about the mirrored view that keeps their order: twice as long."
)


class LabelNextForm(QWidget):
    """A fold with the list, what it is made from, and the way there."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._content = QWidget()
        self.fold = Fold("label_next_fold_button", self._content)
        self.fold.setText("Label here next")
        self.fold.setToolTip(FOLD)
        self.suggest = button(SUGGEST, "label_next_button", SUGGEST_TOLD)
        self.go = button("Go there", "go_there_button", f"Bring the chosen region on screen. {key}: the next one.")
        self.map = check("uncertainty map", "uncertainty_map_check", MAP, checked=False)
        self.network = check("ask the network", "label_next_network_check", NETWORK, checked=True)
        self.views = check("sharpen by views", "label_next_views_check", VIEWS, checked=False)
        self.list = SuggestionList()
        self.progress = progress_bar("label_next_progress_bar", "How many of the micrographs have been looked at.")
        self.status = Status("label_next_label")
        self._arrange()
        self.progress.hide()
        self.show_state(running=False)

    def show_state(self, *, running: bool) -> None:
        self.suggest.setText(STOP if running else SUGGEST)
        self.go.setEnabled(bool(self.list.count()))
        if not running:
            self.progress.hide()

    def show_progress(self, report: SuggestionReport) -> None:
        """While it loads, looks and predicts."""
        self.progress.show()
        self.progress.setRange(0, report.total)
        self.progress.setValue(report.done)
        what = "Asking the network about" if report.kind == "predicting" else "Looking at"
        self.status.say("Getting ready…" if report.kind == "loading" else f"{what} {report.name}…")

    def show_answer(self, report: SuggestionReport) -> None:
        self.list.set_suggestions(report.suggestions)
        self.go.setEnabled(bool(report.suggestions))
        nothing = "" if report.suggestions else "Nothing is left to suggest: every region is labelled."
        self.status.say(" ".join(filter(None, [nothing, *(one.warning for one in report.foreign), report.message])))

    def _arrange(self) -> None:
        inner = QVBoxLayout(self._content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addLayout(row((self.suggest, 1), (self.go, 1)))
        inner.addWidget(self.map)
        inner.addLayout(row((self.network, 1), (self.views, 1)))
        for widget in (self.list, self.progress, self.status):
            inner.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.fold)
        layout.addWidget(self._content)
