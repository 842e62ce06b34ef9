"""The pixel size that somebody gave a micrograph of a project by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_csunet.micrographs.micrograph import Micrograph, PixelSize


@dataclass(frozen=True)
class GivenSize:
    """own: of this micrograph, whatever its file states. of_all: what the others have, used if its file states none."""

    own: PixelSize | None = None
    of_all: PixelSize | None = None

    def of(self, micrograph: Micrograph) -> Micrograph:
        """It with the pixel size that it has in the project."""
        return replace(micrograph, pixel_size=self.own or micrograph.pixel_size or self.of_all)


NOT_GIVEN = GivenSize()
