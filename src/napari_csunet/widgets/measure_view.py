"""What a measurement looks like: fractions, figures, objects and plot of one class, in tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QAbstractScrollArea, QLabel, QLayout, QTabWidget, QVBoxLayout, QWidget

from napari_csunet.widgets.class_table import swatch
from napari_csunet.widgets.group_table import GroupTable
from napari_csunet.widgets.measure_distributions import PROPERTIES, distributions, unit_of
from napari_csunet.widgets.measure_grouping import Groups, group_figures, groupings
from napari_csunet.widgets.measure_legend import ColourLegend
from napari_csunet.widgets.measure_plot import MeasurePlot
from napari_csunet.widgets.measure_tables import FigureTable, PhaseTable
from napari_csunet.widgets.measure_work import MeasuredMasks
from napari_csunet.widgets.name_combo import NameCombo
from napari_csunet.widgets.object_table import ObjectTable
from napari_csunet.widgets.panel_parts import row

if TYPE_CHECKING:
    import pandas as pd

ALL, POOLED = "all of them", "all micrographs"
"""What the user chooses, and what the tables call it."""

NO_COLOUR = "nothing"


class MeasureView(QWidget):
    """``object_picked``: an ObjectRow. ``colour_wanted``: class and title of a property, or NO_COLOUR."""

    object_picked = Signal(object)
    colour_wanted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._measured: MeasuredMasks | None = None
        self._groupings: dict[str, Groups] = {}
        self._make_controls()
        self._arrange()
        self._class.currentIndexChanged.connect(self._on_class_changed)
        self._micrograph.currentIndexChanged.connect(self._on_choice_changed)
        self._property.currentIndexChanged.connect(self._show_plot)
        self._compare.currentIndexChanged.connect(self._show_plot)
        self._colour.currentTextChanged.connect(self._on_colour_changed)
        self.objects.picked.connect(self.object_picked)

    @property
    def class_name(self) -> str:
        return str(self._class.currentText())

    @property
    def colour(self) -> str:
        return str(self._colour.currentText())

    def show_measured(self, measured: MeasuredMasks) -> None:
        """Replaces what is shown; class and micrograph stay chosen if they are there."""
        self._measured = measured
        names, several = measured.names, len(measured.names) > 1
        self.phases.show_measured(measured, [POOLED, *names] if several else names)
        self._choose(self._micrograph, [ALL, *names] if several else names)
        self._choose(self._class, measured.measured_names, self._likely_class(measured))
        for place, c in enumerate(measured.classes.classes):
            self._class.setItemIcon(place, swatch(c.colour))
        self._groupings = groupings(names)
        self._choose(self._compare, list(self._groupings))
        self._compare.setEnabled(several)
        self._show_class()

    def show_object(self, field: str, class_name: str, label: int) -> bool:
        """Picks an object in the table, if it is in there; the class becomes that of the object."""
        if self._class.findText(class_name) < 0:
            return False
        self._class.setCurrentText(class_name)
        if self._micrograph.currentText() not in (ALL, field):
            self._micrograph.setCurrentText(field)
        self._tabs.setCurrentWidget(self._objects_page)
        return self.objects.show_object(field, label)

    def _make_controls(self) -> None:
        self.phases, self.figures, self.objects, self.plot = PhaseTable(), FigureTable(), ObjectTable(), MeasurePlot()
        self._class = NameCombo("object_class_combo", "The class whose numbers, objects and plot are shown.")
        self._micrograph = NameCombo("shown_micrograph_combo", "Numbers of all micrographs together, or of one.")
        self._property = NameCombo("plot_property_combo", "The property of the objects that is plotted.")
        self._property.show_names(list(PROPERTIES), next(iter(PROPERTIES)))
        self._compare = NameCombo(
            "compare_combo",
            "Compare micrographs, or groups of them: of names that differ only in the number at their end, or that "
            "have the same part between underscores, hyphens or spaces.",
        )
        self.groups = GroupTable()
        self._colour = NameCombo("colour_by_combo", "Add a layer in which each object has the colour of a property.")
        self._colour.show_names((NO_COLOUR, *PROPERTIES), NO_COLOUR)
        self.legend = ColourLegend()
        self._no_objects = QLabel()
        self._no_objects.setObjectName("no_objects_label")
        self._no_objects.setWordWrap(True)

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row((self._class, 1), (QLabel("in"), 0), (self._micrograph, 1)))
        self._tabs = QTabWidget()
        self._tabs.setObjectName("measure_tabs")
        self._objects_page = _page(
            row((QLabel("Colour by"), 0), (self._colour, 1)), self.legend, self._no_objects, self.objects
        )
        self._tabs.addTab(_page(self.phases), "Fractions")
        self._tabs.addTab(_page(self.figures), "Figures")
        self._tabs.addTab(self._objects_page, "Objects")
        self._tabs.addTab(_page(row((self._property, 1), (self._compare, 1)), self.plot, self.groups), "Plot")
        layout.addWidget(self._tabs)

    def _choose(self, combo: NameCombo, names: list[str] | tuple[str, ...], default: str = "") -> None:
        before = combo.currentText()
        combo.show_names(names, before if before in names and not default else default or names[0])

    def _likely_class(self, measured: MeasuredMasks) -> str:
        """That with most objects, since people ask for particles; none if the chosen one is as good."""
        if measured.has_objects(self.class_name):
            return ""
        counts = measured.tables.objects["class"].value_counts()
        return str(counts.index[0]) if len(counts) else ""

    def _objects(self) -> pd.DataFrame | None:
        if self._measured is None:
            return None
        table = self._measured.tables.objects
        chosen = table[table["class"] == self.class_name]
        name = self._micrograph.currentText()
        return chosen if name == ALL else chosen[chosen["micrograph"] == name]

    def _on_class_changed(self, _: int) -> None:
        self._show_class()
        self._on_colour_changed(self.colour)

    def _on_choice_changed(self, _: int) -> None:
        self._show_class()

    def _on_colour_changed(self, title: str) -> None:
        if self._measured is not None and self.class_name:
            self.colour_wanted.emit(self.class_name, title)

    def _show_class(self) -> None:
        if self._measured is None:
            return
        name = self._micrograph.currentText()
        self.figures.show_class(self._measured, self.class_name, POOLED if name == ALL else name)
        objects = self._objects()
        is_empty = objects is None or not len(objects)
        self._no_objects.setText(self._why_empty() if is_empty else "")
        self._no_objects.setVisible(is_empty)
        self.objects.set_objects(None if is_empty else objects, self._measured.unit)
        self._show_plot()

    def _why_empty(self) -> str:
        if self._measured is None or self._measured.has_objects(self.class_name):
            return f"There is no object of {self.class_name}."
        return f"{self.class_name} is not measured as objects: the table of classes says as what."

    def _show_plot(self, _: int = 0) -> None:
        objects, title = self._objects(), self._property.currentText()
        if self._measured is None or objects is None:
            return
        quantity = PROPERTIES[title]
        unit = unit_of(quantity, self._measured.unit)
        colour = next((c.colour for c in self._measured.classes.classes if c.name == self.class_name), "#7f7f7f")
        groups = self._groupings.get(self._compare.currentText(), {})
        shown = distributions(objects, quantity, groups)
        self.groups.show_figures(group_figures(groups, self._fraction_in, shown), unit)
        self.plot.show_distributions(shown, f"{quantity.title} ({unit})" if unit else quantity.title, colour)

    def _fraction_in(self, name: str) -> float:
        """Area fraction of the chosen class in a field of view."""
        study = None if self._measured is None else self._measured.study
        return float("nan") if study is None else study.row("area_fraction", "mean", self.class_name, "", name).value


def _page(*parts: QWidget | QLayout) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 4, 0, 0)
    layout.setSpacing(4)
    for part in parts:
        if isinstance(part, QAbstractScrollArea):
            layout.addWidget(part, 1)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)
    layout.addStretch(0)
    return page
