"""Two interwoven phases, as spinodal decomposition and dealloying leave them."""

from __future__ import annotations

from dataclasses import dataclass

from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur, level_of_share
from napari_csunet.training.synthesis.scene import Scene


@dataclass(frozen=True)
class Bicontinuous:
    """Lengths in pixels; the share is that of the second phase."""

    length: Range = (3.5, 8.0)
    stretch: Range = (1.0, 1.6)
    share: Range = (0.35, 0.6)
    relief: Range = (-4.0, 4.0)
    bandwidth: Range | None = None
    """Spread of the wavelengths of a spinodal structure, in wavelengths; None for a broad, dealloyed one."""


def bicontinuous(parameters: Bicontinuous, size: Size, draw: Draw) -> Scene:
    """A random field of one dominant wavelength, cut at a level (Cahn 1965)."""
    length = draw.a_picture(parameters.length)
    stretch, angle = draw.a_picture(parameters.stretch), draw.a_picture((0.0, 3.1416))
    if parameters.bandwidth:
        wave = draw.wave_field(size, 5 * length, draw.a_picture(parameters.bandwidth), stretch, angle)
    else:
        field = draw.field(size, length, stretch, angle)
        wave = field - blur(field, 1.3 * length)
    second = wave > level_of_share(wave, 1 - draw.a_picture(parameters.share))
    height = draw.a_picture(parameters.relief) * blur(second.float(), draw.a_picture((0.8, 1.8)))
    return Scene(second.long(), height, 0.5 * draw.field(size, 3 * length))
