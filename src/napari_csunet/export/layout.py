"""Where every file of an export goes, inside its folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from napari_csunet.export.manifest import MANIFEST
from napari_csunet.export.names import file_stems
from napari_csunet.export.results import ExportPlan, Result
from napari_csunet.measurement.summary import GRAINS
from napari_csunet.micrographs.ome_zarr import SUFFIX
from napari_csunet.micrographs.writing import MaskFormat, class_table_path

REPORT, WORKBOOK = "report.html", "results.xlsx"
TABLES = ("area_fractions", "summary", "objects", "layer_profiles", "two_point_correlation", "classes")
PLOT_KINDS = ("png", "svg")
MAPS = ("probability", "uncertainty")
_PLOTS_OF_A_CLASS = ("sizes", "cumulative", "thickness")


class Layout:
    """Names of files, as ``masks/alloy_mask.tif``; no two are the same."""

    def __init__(self, results: Sequence[Result], plan: ExportPlan) -> None:
        self._results, self._plan = results, plan
        self._stems = file_stems([result.name for result in results])
        self._class_stems = file_stems([*dict.fromkeys((*plan.classes.class_names, GRAINS))])

    def mask(self, result: Result) -> str:
        endings = {MaskFormat.OME: "_mask.ome.tif", MaskFormat.OME_ZARR: SUFFIX}
        return f"masks/{self._stems[result.name]}{endings.get(self._plan.mask_format, '_mask.tif')}"

    def class_table(self, result: Result) -> str:
        """The file beside a mask that holds its classes; the mask itself if that holds them."""
        mask = self.mask(result)
        is_folder = self._plan.mask_format is MaskFormat.OME_ZARR
        return mask if is_folder else class_table_path(mask).as_posix()

    def map(self, result: Result, kind: str) -> str:
        """``kind`` is one of MAPS."""
        return f"masks/{self._stems[result.name]}_{kind}.tif"

    def objects(self, result: Result, class_name: str) -> str:
        """The numbers of split objects."""
        return f"objects/{self._stems[result.name]}_{self._class_stems[class_name]}.tif"

    def overlays(self, result: Result) -> list[str]:
        """One for each slice."""
        stem, count = self._stems[result.name], len(result.slices)
        places = [f"_{i:0{len(str(count - 1))}d}" for i in range(count)] if result.mask.ndim == 3 else [""]
        return [f"overlays/{stem}{place}_overlay.png" for place in places]

    def plot(self, name: str, class_name: str, kind: str) -> str:
        """``class_name`` is empty for plots of all classes."""
        return f"plots/{self._plot_stems[name, class_name]}.{kind}"

    def names(self) -> Iterator[str]:
        """Every file that may be written."""
        yield from (MANIFEST, REPORT, WORKBOOK, *(f"{name}.csv" for name in TABLES))
        yield from (f"plots/{stem}.{kind}" for stem in self._plot_stems.values() for kind in PLOT_KINDS)
        for result in self._results:
            yield from dict.fromkeys((self.mask(result), self.class_table(result), *self.overlays(result)))
            yield from (self.map(result, kind) for kind in MAPS if getattr(result, kind) is not None)
            yield from (self.objects(result, name) for name in self.numbered_classes(result))

    def numbered_classes(self, result: Result) -> list[str]:
        """Names of the classes whose touching objects are told apart, by a split or by the numbers in the mask."""
        plan, given = self._plan.measured, result.instances is not None
        objects = [c for c in self._plan.classes.classes if plan.has_objects(c.value)]
        names = [c.name for c in objects if given or plan.split.get(c.value)]
        return [*names, *([GRAINS] if plan.has_grains else [])]

    @cached_property
    def _plot_stems(self) -> dict[tuple[str, str], str]:
        of_classes = {
            (kind, name): f"{kind}_{stem}" for name, stem in self._class_stems.items() for kind in _PLOTS_OF_A_CLASS
        }
        return {("area_fractions", ""): "area_fractions", **of_classes}
