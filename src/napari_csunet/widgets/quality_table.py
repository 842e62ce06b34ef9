"""Tables of figures: IoU, Dice, interval and pixels of each class, and what leaving one micrograph out gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_csunet.export.numbers import count_text
from napari_csunet.reports import Scores
from napari_csunet.training.leave_one_out_reports import LeftOut, mean_and_spread
from napari_csunet.widgets.class_table import headers, swatch
from napari_csunet.widgets.quality_words import interval_told
from napari_csunet.widgets.run_table import ROW_HEIGHT

VISIBLE_ROWS = 8
CLASS_HEADERS = {
    "Class": "The last line is the mean over the classes.",
    "IoU": "Pixels that truth and mask both call so, of those that either calls so; 1 is perfect.",
    "Dice": "Twice the common pixels over those of truth and mask taken together; never less than the IoU.",
    "IoU, 90 %": "In 9 of 10 cases the IoU on all such places lies in here; a dash if there are too few places.",
    "px": "Held-out pixels of the class, by which it was judged.",
}


class FigureTable(QTableWidget):
    """Text on the left, numbers on the right; as high as its rows need."""

    def __init__(self, name: str, tooltip: str, titles: Mapping[str, str]) -> None:
        super().__init__(0, len(titles))
        self.setObjectName(name)
        self.setToolTip(tooltip)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setShowGrid(False)
        rows, columns = headers(self)
        rows.hide()
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns.setMinimumSectionSize(24)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, (title, told) in enumerate(titles.items()):
            item = QTableWidgetItem(title)
            item.setToolTip(told)
            self.setHorizontalHeaderItem(column, item)

    def set_rows(self, rows: Sequence[Sequence[str]], colours: Mapping[str, str], tooltips: Sequence[str] = ()) -> None:
        """``colours`` are shown before the first texts; ``tooltips``: one for each row."""
        self.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(tooltips[row] if tooltips else text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                elif text in colours:
                    item.setIcon(swatch(colours[text]))
                self.setItem(row, column, item)
        shown = ROW_HEIGHT * max(1, min(VISIBLE_ROWS, len(rows)))
        self.setFixedHeight(headers(self)[1].sizeHint().height() + shown + 2 * self.frameWidth() + 2)


class ClassScoreTable(FigureTable):
    """One row a class, and the mean."""

    def __init__(self) -> None:
        super().__init__("quality_table", "How well each class agrees with labels that were held out.", CLASS_HEADERS)

    def show_scores(self, scores: Scores, colours: Mapping[str, str]) -> None:
        spread = scores.spread
        rows, tooltips = [], []
        for name, one in scores.per_class.items():
            iou, dice = (None, None) if spread is None else (spread.iou[name], spread.dice[name])
            rows.append((name, _figure(one.iou), _figure(one.dice), interval_told(iou), count_text(one.pixels)))
            tooltips.append(
                f"{name}: Dice {interval_told(dice)} in 9 of 10 cases, "
                f"precision {_figure(one.precision)}, recall {_figure(one.recall)}"
            )
        mean = None if spread is None else spread.mean_iou
        rows.append(
            ("mean", _figure(scores.mean_iou), "", interval_told(mean), count_text(sum(map(sum, scores.confusion))))
        )
        self.set_rows(rows, colours, [*tooltips, "Mean IoU over the classes."])


class LeftOutTable(FigureTable):
    """One row a micrograph, and their mean with its spread."""

    def __init__(self) -> None:
        titles = {"Left out": "This micrograph was not learnt from.", "mean IoU": "Agreement with all of its labels."}
        super().__init__("leave_one_out_table", "Each micrograph, judged by a network that never saw it.", titles)

    def show_results(self, results: Sequence[LeftOut]) -> None:
        rows = [(one.name, _figure(one.scores.mean_iou)) for one in results]
        if len(results) > 1:
            mean, spread = mean_and_spread(results)
            rows.append(("mean ± spread", f"{mean:.2f} ± {spread:.2f}"))
        self.set_rows(rows, {})


def _figure(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"
