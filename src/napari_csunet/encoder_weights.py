"""What the encoders may start from, by name; importable without torch."""

from __future__ import annotations

CHOICES: dict[str, str] = {"none": "none (from scratch)"}
