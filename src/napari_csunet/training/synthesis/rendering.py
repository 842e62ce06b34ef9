"""A scene as a scanning electron microscope shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_csunet.training.synthesis.fields import Draw, Range, Size, blur, slopes
from napari_csunet.training.synthesis.scene import Scene


@dataclass(frozen=True)
class Rendering:
    """Limits of what is drawn for each picture; brightness is 0 (black) to 1 (white), lengths are pixels."""

    levels: tuple[Range, ...]
    """Brightness of each class."""
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
    charging: Range = (0.0, 0.04)
    scratches: Range = (0.0, 0.0)
    contrast: Range = (0.8, 1.1)
    brightness: Range = (-0.06, 0.06)


def render(scene: Scene, rendering: Rendering, draw: Draw) -> Tensor:
    """Pictures (b, h, w) float32 from 0 to 1."""
    size = (scene.regions.shape[1], scene.regions.shape[2])
    light = _material(scene, rendering, size, draw) + _topography(scene.height, rendering, draw)
    light = light + draw.a_picture(rendering.scratches) * _scratches(size, draw)
    light = light * (1 + draw.a_picture(rendering.drift) * draw.field(size, 0.35 * max(size)))
    light = blur(light, draw.a_picture(rendering.defocus))
    recorded = _scan(light.clamp(0, 1.5), rendering, size, draw)
    picture = 0.5 + (recorded - 0.5) * draw.a_picture(rendering.contrast) + draw.a_picture(rendering.brightness)
    return picture.clamp(0, 1)


def _material(scene: Scene, rendering: Rendering, size: Size, draw: Draw) -> Tensor:
    levels = torch.cat([draw.between(limits, 1) for limits in rendering.levels], 1)  # (b, classes)
    strengths = [rendering.texture[i] if i < len(rendering.texture) else 0.0 for i in range(len(rendering.levels))]
    strength = torch.tensor(strengths, device=draw.device) * draw.between((0.4, 1.0), 1)
    angle, stretch = draw.a_picture((0.0, math.pi)), draw.a_picture(rendering.texture_stretch)
    texture = draw.field(size, draw.a_picture(rendering.texture_length), stretch, angle)
    chosen = scene.regions.flatten(1)
    light = levels.gather(1, chosen).view_as(texture) + strength.gather(1, chosen).view_as(texture) * texture
    return light + draw.a_picture(rendering.grain_contrast) * scene.tone


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


def _scratches(size: Size, draw: Draw, count: int = 4) -> Tensor:
    """Faint straight polishing marks, bright on one side and dark on the other, that fade at both ends."""
    y = torch.arange(size[0], device=draw.device)[:, None]
    x = torch.arange(size[1], device=draw.device)[None, :]
    main = draw.a_picture((0.0, math.pi))
    marks = torch.zeros_like(main)
    for _ in range(count):
        angle = main + 0.4 * draw.normal(1, 1)
        cosine, sine = torch.cos(angle), torch.sin(angle)
        row, column = size[0] * draw.uniform(1, 1), size[1] * draw.uniform(1, 1)
        across = ((y - row) * cosine - (x - column) * sine).clamp(-5, 5)
        along = ((y - row) * sine + (x - column) * cosine) / draw.a_picture((12.0, 80.0))
        profile = (1 - 0.8 * across) * torch.exp(-(across**2))
        marks = marks + draw.normal(1, 1) * profile / (1 + along**4)
    return marks


def _scan(light: Tensor, rendering: Rendering, size: Size, draw: Draw) -> Tensor:
    """Line by line: jitter, charging behind bright features, noise of electrons and of the detector."""
    shift = draw.a_picture(rendering.line_jitter) * draw.normal(size[0], 1).clamp(-2, 2) / 2
    light = torch.where(
        shift < 0, torch.lerp(light, light.roll(1, -1), -shift), torch.lerp(light, light.roll(-1, -1), shift)
    )
    light = light - draw.a_picture(rendering.charging) * _tails(light)
    light = light + draw.a_picture(rendering.line_noise) * draw.normal(size[0], 1)
    # Many electrons a pixel: the Poisson distribution is normal, with a variance that rises with brightness.
    shot = draw.a_picture(rendering.shot_noise) * light.clamp(min=0.02).sqrt() * draw.normal(*size)
    detector = draw.a_picture(rendering.detector_noise) * draw.field(size, 0.7)
    return light + shot + detector


def _tails(light: Tensor, length: float = 25.0) -> Tensor:
    """What the beam has just passed, fading to the right: excess brightness convolved with a one-sided exponential."""
    width = light.shape[-1]
    kernel = torch.exp(-torch.arange(width, device=light.device) / length)
    excess = torch.relu(light - light.mean((-2, -1), keepdim=True))
    spread = torch.fft.rfft(excess) * torch.fft.rfft(kernel / kernel.sum())
    tails: Tensor = torch.fft.irfft(spread, n=width)
    return 4 * tails
