"""The families for pretraining: builders with wide ranges of scale, share and shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from napari_csunet.training.synthesis.barrier import Barrier, barrier
from napari_csunet.training.synthesis.bicontinuous import Bicontinuous, bicontinuous
from napari_csunet.training.synthesis.coating import Coating, coating
from napari_csunet.training.synthesis.defects import Defects, defects
from napari_csunet.training.synthesis.dendrites import Dendrites, dendrites
from napari_csunet.training.synthesis.dice import Dice
from napari_csunet.training.synthesis.eutectic import Eutectic, eutectic
from napari_csunet.training.synthesis.fields import Draw, LogRange, Range, Size
from napari_csunet.training.synthesis.grains import Grains, grains
from napari_csunet.training.synthesis.lamellae import Lamellae, lamellae
from napari_csunet.training.synthesis.levels import RandomLevels
from napari_csunet.training.synthesis.needles import Needles, needles
from napari_csunet.training.synthesis.particles import Particles, particles
from napari_csunet.training.synthesis.pearlite import Pearlite, pearlite
from napari_csunet.training.synthesis.powder import Powder, powder
from napari_csunet.training.synthesis.scene import Scene
from napari_csunet.training.synthesis.superalloy import Superalloy, superalloy
from napari_csunet.training.synthesis.twins import Twins, twins

Parameters = TypeVar("Parameters")


@dataclass(frozen=True)
class Kind(Generic[Parameters]):
    """One way to make a family's scenes; the dice choose what pictures of a batch have in common."""

    build: Callable[[Parameters, Size, Draw], Scene]
    parameters: Callable[[Dice], Parameters]


@dataclass(frozen=True)
class TrainingFamily:
    """Kinds of scenes with the same classes, and how bright these usually are."""

    class_names: tuple[str, ...]
    levels: RandomLevels
    kinds: tuple[Kind[Any], ...]
    tone_shows: bool = False
    """Whether classes are told apart by the tone of grains as much as by their own brightness."""


def scaled(limits: Range, factor: float) -> Range:
    return (limits[0] * factor, limits[1] * factor)


def wide(parameters: Parameters, *names: str) -> Parameters:
    """The same limits, but every decade between those of the named ranges is as likely as the next."""
    logarithmic = {name: LogRange(*getattr(parameters, name)) for name in names}
    return cast(Parameters, replace(cast(Any, parameters), **logarithmic))


BARRIER = wide(Barrier(), "oxide", "top_coat", "pore_length", "crack_spacing", "crack_width")
NEEDLES = wide(Needles(), "width", "aspect", "crowding")
DENDRITES = wide(Dendrites(), "arm_spacing")
DEFECTS = wide(Defects(), "spacing", "radius", "irregular_length", "width")


def _superalloy(dice: Dice) -> Superalloy:
    factor = dice.within(LogRange(0.35, 1.9))
    usual = Superalloy()
    return replace(
        usual,
        spacing=scaled(usual.spacing, factor),
        secondary_share=(0.25, 0.75),
        tertiary_share=(0.0, 0.05),
        tertiary_radius=scaled(usual.tertiary_radius, max(0.7, factor)),
        cuboidality=(0.0, 1.2),
        channel=scaled((1.5, 8.0), max(0.5, factor)),
        lobes=scaled((0.1, 2.6), factor),
        etch_depth=(-4.0, 5.0),
    )


def _cuboids(dice: Dice) -> Superalloy:
    low = dice.within(LogRange(14.0, 90.0))
    return replace(
        _superalloy(dice),
        spacing=(low, 1.6 * low),
        aligned=True,
        rafting=(1.0, dice.among((1.05, 1.05, 2.5))),
        cuboidality=(0.3, 1.0),
        channel=LogRange(2.0, 12.0),
        lobes=LogRange(0.1, 1.5),
        tertiary_radius=LogRange(1.0, dice.among((2.0, 4.0))),
    )


def _particles(dice: Dice) -> Particles:
    factor = dice.within(LogRange(0.5, 2.0))
    usual = Particles()
    return replace(
        usual,
        radius=scaled(usual.radius, factor),
        smallest=2.0,
        largest=usual.largest * factor,
        spread=(0.05, 0.5),
        area_share=(0.05, 0.6),
    )


def _powder(dice: Dice) -> Powder:
    return replace(
        wide(Powder(), "pitch", "roughness"),
        jitter=dice.between(0.15, 0.45),
        spread=(0.02, dice.among((0.1, 0.45))),
        share=(0.35, dice.among((0.6, 1.0))),
        elongation=(0.0, dice.within(LogRange(0.03, 1.2))),
        squareness=(0.0, dice.among((0.1, 0.9))),
        aligned=dice.between(0, 1) < 0.3,
    )


def _grains(dice: Dice) -> Grains:
    low = dice.within(LogRange(10.0, 90.0))
    return Grains(spacing=(low, 1.7 * low), weight=dice.between(0.0, 0.2), boundary=(1.7, 4.5), groove=(-1.0, 4.0))


def _twins(dice: Dice) -> Twins:
    low = dice.within(LogRange(14.0, 90.0))
    return replace(wide(Twins(), "twin_width"), spacing=(low, 1.7 * low), boundary=(1.7, 4.0))


def _pearlite(dice: Dice) -> Pearlite:
    low = dice.within(LogRange(24.0, 110.0))
    return replace(wide(Pearlite(), "wavelength"), grain=(low, 1.8 * low))


def _eutectic(dice: Dice) -> Eutectic:
    low = dice.within(LogRange(30.0, 150.0))
    return replace(
        wide(Eutectic(), "wavelength", "primary_length"), colony=(low, 1.8 * low), dendritic=dice.between(0, 1) < 0.4
    )


def _rosettes(dice: Dice) -> Dendrites:
    low = dice.within(LogRange(18.0, 90.0))
    return replace(DENDRITES, rosette=(low, 1.6 * low))


def _bicontinuous(dice: Dice) -> Bicontinuous:
    return Bicontinuous(length=LogRange(1.6, 28.0), stretch=(1.0, 2.5), share=(0.2, 0.75))


def _spinodal(dice: Dice) -> Bicontinuous:
    return replace(_bicontinuous(dice), bandwidth=LogRange(0.06, 0.3), stretch=(1.0, dice.among((1.1, 3.0))))


def _lamellae(dice: Dice) -> Lamellae:
    low = dice.within(LogRange(40.0, 160.0))
    return Lamellae(colony=(low, 1.8 * low), wavelength=LogRange(5.0, 30.0), share=(0.2, 0.6), relief=(-3.0, 3.0))


def _coating(dice: Dice) -> Coating:
    return Coating(
        top=(-0.3, 0.35),
        bottom=(0.45, 1.05),
        tilt=(-0.35, 0.35),
        roughness=LogRange(1.0, 14.0),
        oxide=LogRange(3.0, 60.0),
        pore_share=(0.005, 0.2),
        pore_length=LogRange(1.2, 9.0),
    )


TRAINING_FAMILIES: Mapping[str, TrainingFamily] = MappingProxyType(
    {
        "superalloy": TrainingFamily(
            ("matrix", "secondary", "tertiary"),
            RandomLevels(((0.52, 0.7), (0.36, 0.48), (0.36, 0.48)), alike=((1, 2),), difference=(-0.03, 0.03)),
            (Kind(superalloy, _superalloy), Kind(superalloy, _cuboids)),
        ),
        "particles": TrainingFamily(
            ("background", "particle"),
            RandomLevels(((0.05, 0.34), (0.4, 0.7))),
            (Kind(particles, _particles), Kind(powder, _powder), Kind(powder, _powder)),
        ),
        "grains": TrainingFamily(
            ("grain", "boundary"), RandomLevels(((0.42, 0.7), (0.1, 0.4))), (Kind(grains, _grains),)
        ),
        "bicontinuous": TrainingFamily(
            ("first phase", "second phase"),
            RandomLevels(((0.2, 0.4), (0.5, 0.7))),
            (Kind(bicontinuous, _bicontinuous), Kind(bicontinuous, _spinodal)),
        ),
        "lamellae": TrainingFamily(
            ("matrix", "plate"), RandomLevels(((0.26, 0.38), (0.5, 0.64))), (Kind(lamellae, _lamellae),)
        ),
        "coating": TrainingFamily(
            ("mount", "coating", "oxide", "substrate", "pore"),
            RandomLevels(((0.04, 0.1), (0.7, 0.85), (0.25, 0.34), (0.42, 0.54), (0.08, 0.2))),
            (Kind(coating, _coating),),
        ),
        "barrier coating": TrainingFamily(
            ("mount", "top coat", "oxide", "bond coat", "through crack"),
            RandomLevels(
                ((0.1, 0.5), (0.6, 0.95), (0.2, 0.5), (0.2, 0.5), (0.05, 0.15)),
                as_usual=0.7,
                alike=((2, 3),),
                difference=(-0.05, 0.05),
            ),
            (Kind(barrier, lambda dice: BARRIER),),
        ),
        "twins": TrainingFamily(
            ("grain", "twin", "boundary"),
            RandomLevels(
                ((0.35, 0.65), (0.35, 0.65), (0.1, 0.6)), as_usual=1.0, alike=((0, 1),), difference=(0.0, 0.0)
            ),
            (Kind(twins, _twins),),
            tone_shows=True,
        ),
        "pearlite": TrainingFamily(
            ("ferrite", "pearlite"),
            RandomLevels(((0.55, 0.8), (0.3, 0.6))),
            (Kind(pearlite, _pearlite),),
            tone_shows=True,
        ),
        "needles": TrainingFamily(
            ("matrix", "needle"), RandomLevels(((0.1, 0.4), (0.45, 0.75))), (Kind(needles, lambda dice: NEEDLES),)
        ),
        "dendrites": TrainingFamily(
            ("interdendritic", "dendrite"),
            RandomLevels(((0.5, 0.7), (0.3, 0.48))),
            (Kind(dendrites, lambda dice: DENDRITES), Kind(dendrites, _rosettes)),
        ),
        "defects": TrainingFamily(
            ("solid", "pore", "crack"),
            RandomLevels(((0.45, 0.8), (0.02, 0.2), (0.02, 0.2)), as_usual=0.6, alike=((1, 2),)),
            (Kind(defects, lambda dice: DEFECTS),),
        ),
        "eutectic": TrainingFamily(
            ("first phase", "second phase", "primary"),
            RandomLevels(((0.2, 0.4), (0.6, 0.8), (0.3, 0.6))),
            (Kind(eutectic, _eutectic),),
        ),
    }
)
