"""Names of files: without what file systems forbid, and never two the same, whatever the case of their letters."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_LONGEST = 120
_MASK_SUFFIXES = ("_mask", "_masks", "_label", "_labels")


def unique_names(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The names in their order; "alloy-2", "alloy-3", … where "alloy" or "Alloy" was there before."""
    used, unique = {name.casefold() for name in taken}, list[str]()
    for name in names:
        candidate, number = name, 2
        while candidate.casefold() in used:
            candidate, number = f"{name}-{number}", number + 1
        used.add(candidate.casefold())
        unique.append(candidate)
    return unique


def file_stems(names: Sequence[str]) -> dict[str, str]:
    """For each name one that every file system takes, without a "_mask" at its end."""
    return dict(zip(names, unique_names([_stem(name) for name in names]), strict=True))


def _stem(name: str) -> str:
    allowed = re.sub(r'[<>:"/\\|?*\x00-\x1f]+', "_", name).strip(" .")[:_LONGEST]
    shortened = (allowed.removesuffix(suffix) for suffix in _MASK_SUFFIXES if allowed.endswith(suffix))
    return next(shortened, "") or allowed or "micrograph"
