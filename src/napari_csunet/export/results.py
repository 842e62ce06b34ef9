"""What is exported: masks with what belongs to them, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_csunet.classes import ClassTable
from napari_csunet.errors import CSUNetError, LabelError, MicrographError
from napari_csunet.export.names import unique_names
from napari_csunet.export.numbers import number_text
from napari_csunet.measurement.cleaning import Cleanings
from napari_csunet.measurement.field import whole_numbers
from napari_csunet.measurement.kind import Kinds
from napari_csunet.measurement.summary import POOLED, MeasurementPlan
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.writing import MaskFormat
from napari_csunet.reports import ModelFile

if TYPE_CHECKING:
    from napari_csunet.checkpoint import Provenance

_VALUES_NAMED = 3


@dataclass(frozen=True, eq=False)
class Result:
    """One micrograph's mask (h, w) or (slices, h, w) in class values, cleaned already if it is to be.

    pixel_size: that of the micrograph if None. probability: (classes, …mask shape), uncertainty: mask shape; float32.
    changed_pixels: how many pixels cleaning changed. is_corrected: whether somebody painted on the predicted mask.
    notices: what the reader should know, one sentence each. instances: of the mask's shape, a number for each object
    where another program has told them apart; the mask then holds the class of every pixel. origin: what made the mask.
    """

    name: str
    mask: npt.NDArray[np.generic]
    micrograph: Micrograph | None = None
    pixel_size: PixelSize | None = None
    probability: npt.NDArray[np.float32] | None = None
    uncertainty: npt.NDArray[np.float32] | None = None
    changed_pixels: int = 0
    is_corrected: bool = False
    databar: slice | None = None
    notices: tuple[str, ...] = ()
    instances: npt.NDArray[np.integer] | None = None
    origin: Origin | None = None

    @property
    def scale(self) -> PixelSize | None:
        return self.pixel_size or (self.micrograph.pixel_size if self.micrograph else None)

    @property
    def slices(self) -> npt.NDArray[np.generic]:
        """The mask as (slices, h, w)."""
        return self.mask if self.mask.ndim == 3 else self.mask[None]

    def slice_name(self, index: int) -> str:
        """As the tables call it."""
        return f"{self.name} [{index}]" if self.mask.ndim == 3 else self.name


@dataclass(frozen=True, eq=False)
class Origin:
    """The checkpoint that made masks.

    provenance: None if the file is gone, or another one by now. is_stated: somebody said so, the program has not seen
    it happen.
    """

    file_name: str
    sha256: str
    provenance: Provenance | None
    is_stated: bool = False

    @classmethod
    def of(cls, path: Path, *, is_stated: bool = False) -> Origin:
        """Raises CheckpointError if the file is no checkpoint."""
        from napari_csunet.checkpoint import read_provenance

        provenance = read_provenance(path)
        return cls(path.name, ModelFile.of(path).sha256, provenance, is_stated)

    @classmethod
    def noted(cls, model: ModelFile) -> Origin:
        """Of a mask that says what made it, whether the file is still there or not."""
        try:
            now = cls.of(model.path)
        except (CSUNetError, OSError):
            return cls(model.path.name, model.sha256, None)
        return now if now.sha256 == model.sha256 else cls(model.path.name, model.sha256, None)


@dataclass(frozen=True)
class ExportPlan:
    """How results are measured and written. cleanings: what was done to the masks, for the record; see ``cleaned``.

    kinds: what each class is measured as, for the record, by value. notices: what the reader should know of all masks.
    """

    classes: ClassTable
    measurement: MeasurementPlan = field(default_factory=MeasurementPlan)
    cleanings: Cleanings = field(default_factory=dict)
    origin: Origin | None = None
    mask_format: MaskFormat = MaskFormat.IMAGEJ
    title: str = "Microstructure in numbers"
    overwrite: bool = False
    kinds: Kinds = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def measured(self) -> MeasurementPlan:
        """The measurement with the splitting that the cleaning asks for."""
        split = {value: c.split for value, c in self.cleanings.items() if c.split}
        return replace(self.measurement, split={**split, **self.measurement.split})


def without_databar(result: Result, classes: ClassTable) -> Result:
    """The result with the databar of its micrograph, if there is one, excluded from its mask."""
    rows = databar_rows(result.micrograph) if result.micrograph else None
    if rows is None:
        return result
    mask = whole_numbers(result.mask, result.name).astype(np.promote_types(result.mask.dtype, classes.mask_dtype))
    mask[..., rows, :] = classes.excluded_value
    notice = f"{result.name}: its databar, rows {rows.start + 1} to {rows.stop}, is not measured."
    return replace(result, mask=mask, databar=rows, notices=(*result.notices, notice))


def checked(results: Sequence[Result], classes: ClassTable) -> list[Result]:
    """Results with a name each, and masks that hold nothing but classes and excluded pixels.

    Raises CSUNetError if there is none, or if a mask is broken or does not fit its micrograph.
    """
    if not results:
        raise MicrographError("There is no mask to export. Choose at least one.")
    names = unique_names([result.name for result in results], taken=(POOLED,))
    return [_checked(replace(result, name=name), classes) for result, name in zip(results, names, strict=True)]


def _checked(result: Result, classes: ClassTable) -> Result:
    mask, micrograph = whole_numbers(result.mask, result.name), result.micrograph
    if mask.ndim not in (2, 3) or 0 in mask.shape:
        raise LabelError(f"{result.name} has shape {mask.shape}. A mask is a picture of class values, or a stack.")
    if micrograph is not None and mask.shape != micrograph.mask_shape:
        raise MicrographError(
            f"The mask {result.name} has shape {mask.shape}, its micrograph {micrograph.mask_shape}. "
            "Give the micrograph that belongs to it."
        )
    for kind, array in (("probability", result.probability), ("uncertainty", result.uncertainty)):
        if array is not None and array.shape[array.ndim - mask.ndim :] != mask.shape:
            raise MicrographError(f"The {kind} of {result.name} has shape {array.shape}, its mask {mask.shape}.")
    if mask.min() < 0:
        raise LabelError(f"{result.name} holds {mask.min()}, which is no class value. Values are whole numbers from 0.")
    return _with_known_values(replace(result, mask=mask), classes)


def _with_known_values(result: Result, classes: ClassTable) -> Result:
    known = np.isin(result.mask, classes.values)
    strange = ~known & (result.mask != classes.excluded_value)
    if not strange.any():
        return replace(result, mask=_in_type_of(result.mask, classes))
    values, counts = np.unique(result.mask[strange], return_counts=True)
    named = ", ".join(map(str, values[:_VALUES_NAMED])) + (", …" if len(values) > _VALUES_NAMED else "")
    share = number_text(100 * counts.sum() / result.mask.size, 2)
    notice = f"{result.name}: {share} % of the pixels hold {named}, not in the class table; they are not measured."
    mask = np.where(known, result.mask, classes.excluded_value)
    return replace(result, mask=_in_type_of(mask, classes), notices=(*result.notices, notice))


def _in_type_of(mask: npt.NDArray[np.generic], classes: ClassTable) -> npt.NDArray[np.generic]:
    return mask if mask.dtype in (np.uint8, np.uint16) else mask.astype(classes.mask_dtype)
