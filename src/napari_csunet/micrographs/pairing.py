"""Which files are meant, and which image belongs to which labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from glob import glob, has_magic
from pathlib import Path

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs.reading import SUFFIXES, name_of

_ROLE_SUFFIXES = ("_mask", "_masks", "_label", "_labels")
_NOT_MASKS = ("_probability", "_uncertainty")


def find_files(patterns: Sequence[str | Path]) -> list[Path]:
    """Files named one by one, all pictures of a folder, or what a glob matches; each sorted naturally, no file twice.

    Raises MicrographError for a pattern without any file.
    """
    unique: dict[Path, Path] = {}
    for pattern in patterns:
        for path in _matches(Path(pattern).expanduser()):
            unique.setdefault(path.resolve(), path)
    return list(unique.values())


def find_masks(patterns: Sequence[str | Path]) -> list[Path]:
    """As ``find_files``, without the probability and uncertainty that ``predict`` writes beside its masks."""
    masks = [path for path in find_files(patterns) if not name_of(path).endswith(_NOT_MASKS)]
    if not masks:
        raise MicrographError(f"There is no mask in {', '.join(map(str, patterns))}. Give a file or folder with masks.")
    return masks


def pair_by_stem(
    first: Iterable[Path], second: Iterable[Path], first_role: str = "image", second_role: str = "label"
) -> list[tuple[Path, Path]]:
    """Files of equal stem, in the order of ``first``; a ``_mask`` or ``_labels`` at the end of a stem is dropped.

    Raises MicrographError that names the file without a partner, or the two files that compete for one.
    """
    firsts, seconds = _by_key(first, first_role), _by_key(second, second_role)
    for ours, theirs, role in ((firsts, seconds, second_role), (seconds, firsts, first_role)):
        alone = [path for key, path in ours.items() if key not in theirs]
        if alone:
            raise MicrographError(
                f"No {role} file belongs to {_named(alone)}. Give two files of the same name, or leave it out."
            )
    return [(path, seconds[key]) for key, path in firsts.items()]


def partners(
    needing: Iterable[Path], offered: Iterable[Path], needing_role: str = "mask", offered_role: str = "micrograph"
) -> tuple[dict[Path, Path], list[Path]]:
    """The file of equal stem for each that needs one, and those that nobody needs; as ``pair_by_stem`` otherwise.

    Raises MicrographError that names the files that have none, or two that compete for one.
    """
    needing = list(needing)
    needs = _by_key(needing, needing_role)
    own = {path.resolve() for path in needing}
    others = _without_masks([path for path in offered if path.resolve() not in own])
    offers = _by_key([path for path in others if pairing_key(path) in needs], offered_role)
    alone = [path for key, path in needs.items() if key not in offers]
    if alone:
        raise MicrographError(
            f"No {offered_role} belongs to {_named(alone)}. Give one of the same name, or leave the {needing_role} out."
        )
    found = {path: offers[key] for key, path in needs.items()}
    return found, [path for path in others if pairing_key(path) not in needs]


def _without_masks(paths: Sequence[Path]) -> list[Path]:
    """What is called the mask of another one of these is no micrograph."""
    names = {name_of(path) for path in paths}
    return [path for path in paths if pairing_key(path) == name_of(path) or pairing_key(path) not in names]


def _named(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths[:3])) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def _matches(pattern: Path) -> list[Path]:
    if pattern.is_file():
        return [pattern]
    if pattern.is_dir():
        return _pictures(pattern.iterdir(), f"{pattern} is a folder without images")
    if has_magic(str(pattern)):
        matches = glob(str(pattern), recursive=True)  # noqa: PTH207, Path.glob takes no absolute pattern
        return _pictures(map(Path, matches), f"No image matches {pattern}")
    raise MicrographError(f"{pattern} does not exist. Check the name and the folder.")


def _pictures(candidates: Iterable[Path], complaint: str) -> list[Path]:
    pictures = [p for p in candidates if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file()]
    if not pictures:
        raise MicrographError(f"{complaint}. Files end in {', '.join(SUFFIXES)}.")
    return sorted(pictures, key=_natural_order)


def _natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Sort key by which "a2" comes before "a10"."""
    parts = re.split(r"(\d+)", str(path).casefold())
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]


def _by_key(paths: Iterable[Path], role: str) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in paths:
        other = files.setdefault(pairing_key(path), path)
        if other is not path:
            raise MicrographError(f"{other} and {path} would be the {role} of the same name. Leave one out.")
    return files


def pairing_key(path: Path) -> str:
    stem = name_of(path)
    shortened = (stem.removesuffix(suffix) for suffix in _ROLE_SUFFIXES if stem.endswith(suffix))
    return next(shortened, "") or stem
