"""Pieces of a page: escaped text, tables, figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from napari_csunet.export.numbers import listed

__all__ = ["escape", "figure", "heading", "linked", "listed", "swatch", "table"]

_LINKS = re.compile(r"arXiv:(\d{4}\.\d{4,5})")


def heading(text: str, level: int = 2) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def swatch(colour: str, name: str) -> str:
    """A class with its colour."""
    return f'<span class="swatch" style="--colour:{colour}"></span>{escape(name)}'


def table(header: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], last_is_pooled: bool = False) -> str:
    """Cells are markup already. ``header`` has a title and a unit for each column."""
    titles = "".join(f"<th>{escape(title)}{_unit(unit)}</th>" for title, unit in header)
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    body = "".join(
        f'<tr class="pooled">{line}</tr>' if last_is_pooled and i == len(lines) - 1 else f"<tr>{line}</tr>"
        for i, line in enumerate(lines)
    )
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def figure(source: str, caption: str, alternative: str) -> str:
    """A picture; ``caption`` is markup already."""
    return f'<figure><img src="{source}" alt="{escape(alternative)}"><figcaption>{caption}</figcaption></figure>'


def linked(reference: str) -> str:
    """A reference with its arXiv number as a link."""
    return _LINKS.sub(r'<a href="https://arxiv.org/abs/\1">arXiv:\1</a>', escape(reference))


def _unit(unit: str) -> str:
    return f'<span class="unit">{escape(unit)}</span>' if unit else ""
