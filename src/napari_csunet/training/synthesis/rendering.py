"""A scene as a scanning electron microscope shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import (
    Draw,
    LogRange,
    Range,
    Size,
    blur,
    gaussian_response,
    slopes,
)
from napari_csunet.training.synthesis.levels import RandomLevels, steps
from napari_csunet.training.synthesis.preparation import curtains, scratches, spots
from napari_csunet.training.synthesis.scene import Scene


@dataclass(frozen=True)
class Rendering:
    """Limits of what is drawn for each picture; brightness is 0 (black) to 1 (white), lengths are pixels.

    None leaves an effect out, random numbers included.
    """

    levels: tuple[Range, ...] | RandomLevels
    """Brightness of each class."""
    void: Range = (0.0, 0.15)
    """Brightness of hollows that are of no class of their own."""
    grain_contrast: Range = (0.0, 0.03)
    texture: tuple[float, ...] = ()
    """Largest strength of the fine texture in each class; none where not given."""
    texture_length: Range = (0.8, 2.0)
    texture_stretch: Range = (1.0, 6.0)
    edge: Range = (0.1, 0.25)
    """Brightness of ridges, and darkness of hollows, against their surroundings."""
    edge_width: Range = (2.5, 5.0)
    edge_relief: float = 1.0
    """Height difference in pixels at which that brightness saturates."""
    tilt: Range = (0.0, 0.0)
    """Gain of secondary electrons on slopes: yield rises as 1 / cos of the tilt."""
    shading: Range = (0.0, 0.15)
    """Difference between slopes that face the detector and those that do not."""
    drift: Range = (0.01, 0.05)
    defocus: Range = (0.5, 1.1)
    shot_noise: Range = (0.01, 0.05)
    detector_noise: Range = (0.005, 0.02)
    line_noise: Range = (0.0, 0.008)
    line_jitter: Range = (0.0, 0.3)
    charging: Range | None = (0.0, 0.04)
    scratches: Range | None = (0.0, 0.0)
    contrast: Range = (0.8, 1.1)
    brightness: Range = (-0.06, 0.06)
    astigmatism: Range | None = None
    """How much more the picture is blurred along one direction than ``defocus``, as a factor."""
    vignetting: Range | None = None
    """Loss of brightness from the optical axis to the corners."""
    curtaining: Range | None = None
    residues: Range | None = None
    """Brightness of stains, against their surroundings."""
    pull_outs: Range | None = None
    """Darkness of the places where something broke away."""
    quiet: float | None = None
    """A low contrast is pictured with less noise, texture and drift, so that classes can be seen; at least this."""


def render(scene: Scene, rendering: Rendering, draw: Draw) -> Tensor:
    """Pictures (b, h, w) float32 from 0 to 1."""
    size = (scene.regions.shape[1], scene.regions.shape[2])
    levels = _levels(rendering, draw)
    noise = (steps(levels) / 0.15).clamp(rendering.quiet, 1) if rendering.quiet else 1.0
    light = _material(scene, levels, noise, rendering, size, draw) + _topography(scene.height, rendering, draw)
    light = _prepared(light, scene.hollow, noise, rendering, size, draw)
    light = light * (1 + noise * draw.a_picture(rendering.drift) * _uneven(size, draw))
    if rendering.vignetting:
        light = light * (1 - draw.a_picture(rendering.vignetting) * _off_axis(size, draw))
    light = _focused(light, rendering, draw)
    recorded = _scan(light.clamp(0, 1.5), noise, rendering, size, draw)
    picture = 0.5 + (recorded - 0.5) * draw.a_picture(rendering.contrast) + draw.a_picture(rendering.brightness)
    return picture.clamp(0, 1)


def _levels(rendering: Rendering, draw: Draw) -> Tensor:
    """(b, classes)."""
    if isinstance(rendering.levels, RandomLevels):
        return rendering.levels.draw(draw)
    return torch.cat([draw.between(limits, 1) for limits in rendering.levels], 1)


def _material(
    scene: Scene, levels: Tensor, noise: Tensor | float, rendering: Rendering, size: Size, draw: Draw
) -> Tensor:
    count = levels.shape[1]
    strengths = [rendering.texture[i] if i < len(rendering.texture) else 0.0 for i in range(count)]
    strength = torch.tensor(strengths, device=draw.device) * draw.between((0.4, 1.0), 1)
    angle, stretch = draw.a_picture((0.0, math.pi)), draw.a_picture(rendering.texture_stretch)
    texture = draw.field(size, draw.a_picture(rendering.texture_length), stretch, angle)
    chosen = scene.regions.flatten(1)
    light = levels.gather(1, chosen).view_as(texture) + noise * strength.gather(1, chosen).view_as(texture) * texture
    return light + noise * draw.a_picture(rendering.grain_contrast) * scene.tone


def _prepared(
    light: Tensor, hollow: Tensor | None, noise: Tensor | float, rendering: Rendering, size: Size, draw: Draw
) -> Tensor:
    """With hollows, and what preparation leaves."""
    if hollow is not None:
        light = torch.lerp(light, draw.a_picture(rendering.void).expand_as(light), hollow)
    if rendering.scratches:
        light = light + draw.a_picture(rendering.scratches) * scratches(size, draw)
    if rendering.curtaining:
        light = light + noise * draw.a_picture(rendering.curtaining) * curtains(size, draw)
    if rendering.residues:
        stains = spots(size, draw, LogRange(2.0, 12.0), (0.002, 0.02))
        light = light + noise * draw.a_picture(rendering.residues) * stains
    if rendering.pull_outs:
        light = light - noise * draw.a_picture(rendering.pull_outs) * spots(size, draw, (1.0, 3.0), (0.001, 0.01))
    return light


def _uneven(size: Size, draw: Draw) -> Tensor:
    length = 0.35 * max(size)
    return draw.smooth_field(size, length, 8) if draw.together else draw.field(size, length)


def _off_axis(size: Size, draw: Draw) -> Tensor:
    """Squared distance from an axis near the centre, about 1 in the corners; (b, h, w)."""
    down = torch.linspace(-1, 1, size[0], device=draw.device)[:, None] - draw.a_picture((-0.4, 0.4))
    along = torch.linspace(-1, 1, size[1], device=draw.device) - draw.a_picture((-0.4, 0.4))
    return (down**2 + along**2) / 2


def _focused(light: Tensor, rendering: Rendering, draw: Draw) -> Tensor:
    sigma = draw.a_picture(rendering.defocus)
    if rendering.astigmatism is None:
        return blur(light, sigma)
    size = (light.shape[1], light.shape[2])
    stretch, angle = 1 + draw.a_picture(rendering.astigmatism), draw.a_picture((0.0, math.pi))
    response = gaussian_response(size, sigma, stretch, angle, light.device)
    blurred: Tensor = torch.fft.irfft2(torch.fft.rfft2(light) * response, s=size)
    return blurred


def _topography(height: Tensor, rendering: Rendering, draw: Draw) -> Tensor:
    down, along = slopes(height)
    secant = (1 + down**2 + along**2).sqrt()
    direction = draw.a_picture((0.0, 2 * math.pi))
    facing = (down * torch.sin(direction) + along * torch.cos(direction)) / secant
    relief = height - blur(height, draw.a_picture(rendering.edge_width))
    ridges = torch.tanh(relief / rendering.edge_relief)
    tilt = (secant - 1).clamp(0, 2)
    return (
        draw.a_picture(rendering.edge) * ridges
        + draw.a_picture(rendering.tilt) * tilt
        + draw.a_picture(rendering.shading) * facing
    )


def _scan(light: Tensor, noise: Tensor | float, rendering: Rendering, size: Size, draw: Draw) -> Tensor:
    """Line by line: jitter, charging behind bright features, noise of electrons and of the detector."""
    shift = draw.a_picture(rendering.line_jitter) * draw.normal(size[0], 1).clamp(-2, 2) / 2
    light = torch.where(
        shift < 0, torch.lerp(light, light.roll(1, -1), -shift), torch.lerp(light, light.roll(-1, -1), shift)
    )
    if rendering.charging:
        light = light - draw.a_picture(rendering.charging) * _tails(light)
    light = light + noise * draw.a_picture(rendering.line_noise) * draw.normal(size[0], 1)
    # Many electrons a pixel: the Poisson distribution is normal, with a variance that rises with brightness.
    shot = draw.a_picture(rendering.shot_noise) * light.clamp(min=0.02).sqrt() * draw.normal(*size)
    detector = draw.a_picture(rendering.detector_noise) * draw.field(size, 0.7)
    return light + noise * shot + noise * detector


def _tails(light: Tensor, length: float = 25.0) -> Tensor:
    """What the beam has just passed, fading to the right: excess brightness convolved with a one-sided exponential."""
    width = light.shape[-1]
    kernel = torch.exp(-torch.arange(width, device=light.device) / length)
    excess = torch.relu(light - light.mean((-2, -1), keepdim=True))
    spread = torch.fft.rfft(excess) * torch.fft.rfft(kernel / kernel.sum())
    tails: Tensor = torch.fft.irfft(spread, n=width)
    return 4 * tails
