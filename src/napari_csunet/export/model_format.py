"""In which forms models leave the program. Knows no torch."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec

from napari_csunet.errors import CSUNetError


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

    @property
    def needs(self) -> tuple[str, ...]:
        """Modules that write it."""
        return ("onnx", "onnxruntime", *(["bioimageio.spec"] if self is ModelFormat.BIOIMAGEIO else []))


def check_installed(modules: tuple[str, ...]) -> None:
    """Raises CSUNetError if what writes models is missing."""
    missing = [module for module in modules if not _is_installed(module)]
    if missing:
        named = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        raise CSUNetError(
            f'Exporting models needs {named}: not installed yet. Run: pip install "napari-csunet[models]"'
        )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it is a part of
        return False
