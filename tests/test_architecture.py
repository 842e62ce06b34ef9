"""The rules of the house: who may import whom, how fast the package opens, and what the manifest promises."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from npe2 import PluginManifest
from npe2.manifest.utils import import_python_name

PACKAGE = Path(__file__).parents[1] / "src" / "napari_csunet"
WINDOW_LIBRARIES = {"PyQt5", "PyQt6", "PySide2", "PySide6", "magicgui", "napari", "qtpy", "superqt", "vispy"}
MEANINGLESS_NAMES = {"base.py", "common.py", "helpers.py", "misc.py", "utils.py"}

ORDER = (
    ("napari_csunet", "errors", "config", "classes", "reports", "threads"),
    ("device", "thread_count", "micrographs", "model", "samples"),
    ("training", "checkpoint", "project"),
    (
        "training.validation",
        "training.fine_tuning",
        "training.leave_one_out",
        "training.prior",
        "training.adapting",
        "training.pretraining",
        "inference",
        "measurement",
    ),
    ("export",),
    ("cli", "widgets"),
)
"""Rooms from left to right; a module may import from its own room and from those further left."""


@cache
def module_names() -> list[str]:
    """Every module of the package without its first name, for example "micrographs.reading"."""
    parts = [path.relative_to(PACKAGE).with_suffix("").parts for path in sorted(PACKAGE.rglob("*.py"))]
    return [".".join(part for part in names if part != "__init__") or "napari_csunet" for names in parts]


def column(module: str) -> int:
    """Place of a module in ORDER, that of the longest name that fits."""
    fitting = {
        room: place
        for place, rooms in enumerate(ORDER)
        for room in rooms
        if module == room or module.startswith(f"{room}.")
    }
    if not fitting:
        pytest.fail(f"the room of {module} is not in ORDER")
    return fitting[max(fitting, key=len)]


def imported_modules(module: str) -> Iterator[str]:
    """Modules of this package that a module imports, inside functions too, but not for type checking only."""
    path = PACKAGE.joinpath(*module.split(".")) if module != "napari_csunet" else PACKAGE
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8"))
    for node in ast.walk(_WithoutTypeChecking().visit(tree)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("napari_csunet"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("napari_csunet"):
            yield from (_module_of(f"{node.module}.{alias.name}") for alias in node.names)


class _WithoutTypeChecking(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.If | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node


def _module_of(name: str) -> str:
    """Longest part of a dotted name that is a module: micrographs.reading for napari_csunet.micrographs.reading.x."""
    inner = name.removeprefix("napari_csunet.")
    known = module_names()
    while inner and inner not in known:
        inner = inner.rpartition(".")[0]
    return inner or "napari_csunet"


def run_fresh(code: str) -> dict[str, object]:
    """What the code prints as JSON in an interpreter that has imported nothing."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.slow
def test_nothing_outside_widgets_loads_a_window_library() -> None:
    engine = [name for name in module_names() if name.split(".")[0] not in ("widgets", "napari_csunet")]
    code = f"""
import importlib, json, sys
for name in {engine}:
    importlib.import_module("napari_csunet." + name)
print(json.dumps(dict.fromkeys(sys.modules)))"""
    assert not {name.partition(".")[0] for name in run_fresh(code)} & WINDOW_LIBRARIES


def test_importing_the_package_is_instant_and_loads_neither_torch_nor_pydantic() -> None:
    code = """
import json, sys, time
start = time.perf_counter()
import napari_csunet
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "loaded": [m for m in ("numpy", "pydantic", "torch") if m in sys.modules]}))"""
    opened = run_fresh(code)
    assert opened["loaded"] == []
    assert isinstance(opened["seconds"], float)
    assert opened["seconds"] < 0.5


def test_the_command_line_shows_its_help_without_loading_torch() -> None:
    code = "import json, sys, napari_csunet.cli; print(json.dumps({'torch': 'torch' in sys.modules}))"
    assert run_fresh(code) == {"torch": False}


def test_public_names_can_be_imported() -> None:
    import napari_csunet

    assert [name for name in napari_csunet.__all__ if getattr(napari_csunet, name, None) is None] == []
    assert set(napari_csunet.__all__) <= set(dir(napari_csunet))


@pytest.mark.parametrize("module", module_names())
def test_imports_go_only_to_the_left(module: str) -> None:
    assert [other for other in imported_modules(module) if column(other) > column(module)] == []


def test_every_file_is_named_for_its_concept() -> None:
    assert [path.name for path in PACKAGE.rglob("*.py") if path.name in MEANINGLESS_NAMES] == []


def test_every_folder_of_the_package_is_a_package() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder.name for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_the_manifest_at_the_top_is_a_link_to_the_one_in_the_package(checkout: Path) -> None:
    assert (checkout / "napari.yaml").resolve() == PACKAGE / "napari.yaml"


def test_every_command_of_the_manifest_exists() -> None:
    commands = PluginManifest.from_file(PACKAGE / "napari.yaml").contributions.commands or []
    assert len(commands) == 9
    assert all(callable(import_python_name(command.python_name)) for command in commands if command.python_name)


def test_the_installed_manifest_is_this_one() -> None:
    installed = PluginManifest.from_distribution("napari-csunet")
    assert installed.contributions == PluginManifest.from_file(PACKAGE / "napari.yaml").contributions


def test_napari_accepts_every_menu_of_the_manifest() -> None:
    from napari._app_model.constants._menus import is_menu_contributable

    menus = PluginManifest.from_file(PACKAGE / "napari.yaml").contributions.menus
    assert list(menus) == [menu for menu in menus if is_menu_contributable(menu)] != []
