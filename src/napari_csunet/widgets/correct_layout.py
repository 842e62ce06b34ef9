"""What the *Correct* fold looks like in each state; knows no layers."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_csunet.widgets.field_editors import CalmComboBox, CalmSpinBox
from napari_csunet.widgets.panel_parts import button, row
from napari_csunet.widgets.status import Status

WHOLE, REGION, CERTAIN = "everywhere", "inside a region", "where it is certain"
PREDICTED, SUPERPIXEL = "predicted region", "similar pixels"
TAKE = "Where the labels take the class of the mask. What you have painted stays as it is."
TAKE_BUTTON = "Make labels of the mask of the micrograph on screen (of a stack, of its slice). Ctrl+Z takes it back."
DRAW = "Click the corners of a region on the micrograph; a double click closes it. You may draw several."
CERTAIN_TIP = (
    "Take a class only where its probability is at least this. What you painted on the mask counts as certain."
)
WAND = (
    "Click a place of the micrograph to fill its region with the class you paint.\n"
    "Shift+click does the same at any time. Ctrl+Z takes it back."
)
FOLLOW = (
    "Predicted region: all connected pixels of one class in the mask or the instant answer; similar pixels "
    "where there is none.\nSimilar pixels: a small region that keeps to the edges of the picture."
)
SIZE = "About how wide a region of similar pixels is."
UNDO = "Take back the last change of the labels, as Ctrl+Z does."


class CorrectForm(QWidget):
    """Take over the mask, the magic wand, and undo."""

    def __init__(self) -> None:
        super().__init__()
        self._make_taking()
        self._make_wand()
        self.undo = button("Undo", "correct_undo_button", UNDO)
        self.hint = QLabel()
        self.hint.setObjectName("correct_hint_label")
        self.hint.setWordWrap(True)
        self.status = Status("correct_label")
        self._arrange()
        self.take_where.currentIndexChanged.connect(self._on_take_where_changed)
        self._on_take_where_changed()

    @property
    def threshold(self) -> float:
        """From 0 to 1."""
        return float(self.certain.value()) / 100

    def show_state(self, *, has_micrograph: bool, hint: str, can_undo: bool) -> None:
        """``hint`` says why no mask can be taken over."""
        self.take.setEnabled(not hint)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        for control in (self.draw, self.wand):
            control.setEnabled(has_micrograph)
        self.undo.setEnabled(can_undo)

    def _make_taking(self) -> None:
        self.take_where = CalmComboBox()
        self.take_where.setObjectName("take_where_combo")
        self.take_where.addItems((WHOLE, REGION, CERTAIN))
        self.take_where.setToolTip(TAKE)
        self.draw = button("Draw", "draw_region_button", DRAW)
        self.certain = CalmSpinBox()
        self.certain.setObjectName("certain_spin")
        self.certain.setRange(30, 100)
        self.certain.setValue(90)
        self.certain.setSuffix(" %")
        self.certain.setToolTip(CERTAIN_TIP)
        self.take = button("Turn mask into labels", "take_labels_button", TAKE_BUTTON)

    def _make_wand(self) -> None:
        self.wand = button("Magic wand", "magic_wand_button", WAND)
        self.wand.setCheckable(True)
        self.follow = CalmComboBox()
        self.follow.setObjectName("wand_follow_combo")
        self.follow.addItems((PREDICTED, SUPERPIXEL))
        self.follow.setToolTip(FOLLOW)
        self.width_px = CalmSpinBox()
        self.width_px.setObjectName("superpixel_spin")
        self.width_px.setRange(5, 200)
        self.width_px.setValue(24)
        self.width_px.setSuffix(" px")
        self.width_px.setToolTip(SIZE)

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(row((self.take_where, 1), (self.draw, 0), (self.certain, 0)))
        layout.addWidget(self.take)
        layout.addWidget(self.hint)
        layout.addLayout(row((self.wand, 1), (self.undo, 0)))
        layout.addLayout(row((QLabel("Fill"), 0), (self.follow, 1), (self.width_px, 0)))
        layout.addWidget(self.status)

    def _on_take_where_changed(self, index: int = 0) -> None:
        self.draw.setVisible(self.take_where.currentText() == REGION)
        self.certain.setVisible(self.take_where.currentText() == CERTAIN)


def pixels_text(count: int) -> str:
    """Such as "12 345 px"."""
    return f"{count:,} px".replace(",", "\u202f")
