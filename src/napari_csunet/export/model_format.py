"""In which forms models leave the program. Knows no torch."""

from __future__ import annotations

from enum import StrEnum


class ModelFormat(StrEnum):
    """ONNX: one file that onnxruntime runs. BIOIMAGEIO: a zip file of it with description, tests and documentation."""

    ONNX = "onnx"
    BIOIMAGEIO = "bioimageio"

    @property
    def suffix(self) -> str:
        return {"onnx": ".onnx", "bioimageio": ".bioimageio.zip"}[self.value]

    @property
    def ending(self) -> str:
        """What a file's name must end in."""
        return f".{self.suffix.rpartition('.')[2]}"
