"""A window of the real program that a script operates by its buttons, and pictures of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import napari
import numpy as np
import numpy.typing as npt
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.settings import get_settings
from PIL import Image
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QFileDialog, QPushButton, QScrollArea, QWidget

from napari_csunet.widgets.docking import bring_to_front

Pixels = npt.NDArray[np.uint8]

STILL_SIZE = (1280, 720)
TOUR_SIZE = (1056, 594)
"""Of the window in the animated picture: smaller, so that its panel can still be read in ``ANIMATED_SIZE``."""
ANIMATED_SIZE = (800, 450)
COLOURS = 64
"""Of the animated picture."""
COLOURS_OF_STILLS = (256, 192, 128, 96, 64, 48, 32)
COLOURFUL = 24
"""So far apart are red, green and blue of what is no grey; the grey of the window is a little blue."""
TUTORIAL_KB = 200
PATIENCE_S = 600.0


@dataclass(frozen=True)
class Frame:
    picture: Image.Image
    milliseconds: int


class PicturedWindow:
    """napari with the panel Fine-tune. ``frames`` are for an animated picture; stills go to a folder at once."""

    def __init__(self, folder: Path, theme: str) -> None:
        get_settings().appearance.theme = theme
        self.viewer = napari.Viewer(title="CS-UNet")
        self.window = self.viewer.window._qt_window
        self.dock("Fine-tune")
        self.frames: list[Frame] = []
        self._folder = folder
        self._sides = (self.viewer.window._qt_viewer.dockLayerList, self.viewer.window._qt_viewer.dockLayerControls)
        self._caption = ""
        self._show_small()

    def dock(self, panel: str) -> None:
        self.viewer.window.add_plugin_dock_widget("napari-csunet", panel)

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Raises SystemExit if it takes longer than ``PATIENCE_S``."""
        end = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > end:
                raise SystemExit(f"After {PATIENCE_S:.0f} s there is still no {what}. Is the machine busy?")
            self.wait(0.1)

    def child(self, name: str, kind: type[QWidget] = QPushButton) -> Any:
        """The control of this name; raises SystemExit if there is none."""
        found = self.window.findChild(kind, name)
        if found is None:
            raise SystemExit(f"The window has no {name}.")
        return found

    def click(self, name: str, kind: type[QWidget] = QPushButton) -> None:
        """As soon as it can be clicked; its panel scrolls to it."""
        control = self.child(name, kind)
        self.wait_until(control.isEnabled, f"enabled {name}")
        self.scroll_to(control)
        control.click()
        self.wait(0.3)

    def choose_folder_when_asked(self, folder: Path) -> None:
        """Answers the next dialog that asks for a folder."""

        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog):
                QTimer.singleShot(100, answer)
                return
            dialog.setDirectory(str(folder))
            box = dialog.findChild(QDialogButtonBox)
            choose = box.button(QDialogButtonBox.StandardButton.Open) if box is not None else None
            if choose is not None:
                choose.click()

        QTimer.singleShot(100, answer)

    def scroll_to(self, control: QWidget) -> None:
        area = control.parent()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parent()
        if area is not None:
            self.wait(0.2)
            area.ensureWidgetVisible(control, 0, 8)
            self.wait(0.2)

    def say(self, caption: str) -> None:
        """What the frames say from now on."""
        self._caption = caption
        self._show_caption(caption)

    def frame(self, milliseconds: int) -> None:
        """Takes the next picture of the animated one."""
        width = ANIMATED_SIZE[0]
        picture = self._picture()
        small = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
        self.frames.append(Frame(small.crop((0, 0, *ANIMATED_SIZE)), milliseconds))

    def still(self, name: str, limit_kb: int, seen: QWidget | None = None, *, reset: bool = True) -> None:
        """Writes a picture of the window with all its parts, in as many colours as the limit allows.

        seen: a control to which its panel scrolls. reset: show the whole micrograph.
        """
        self._show_caption("")
        self._show_sides(True)
        self.window.resize(*STILL_SIZE)
        self._settle(reset=reset)
        if seen is not None:
            self.scroll_to(seen)
        _write(self._picture(), self._folder / name, limit_kb)
        self._show_small()

    def tutorial(self, name: str, seen: QWidget | None = None, *, reset: bool = True) -> None:
        """As ``still``, for docs/first-masks.md."""
        self.still(f"first-masks-{name}.png", TUTORIAL_KB, seen, reset=reset)

    def raise_panel(self, control: str) -> None:
        """Brings the panel with this button to the front."""
        bring_to_front(self.child(control))
        self.wait(1)

    def animate(self, name: str) -> None:
        """Writes the frames as one picture, with a palette in common, and each frame only where it differs."""
        some = self.frames[:: max(1, len(self.frames) // 12)]
        palette = _palette(np.concatenate([np.asarray(one.picture)[::2] for one in some]), COLOURS)
        pictures = [one.picture.quantize(palette=palette, dither=Image.Dither.NONE) for one in self.frames]
        pictures[0].save(
            self._folder / name,
            save_all=True,
            append_images=pictures[1:],
            duration=[one.milliseconds for one in self.frames],
            loop=0,
            optimize=True,
        )

    def _show_small(self) -> None:
        self._show_sides(False)
        self.window.resize(*TOUR_SIZE)
        self._settle()
        self._show_caption(self._caption)

    def _show_sides(self, shown: bool) -> None:
        for side in self._sides:
            side.setVisible(shown)

    def _show_caption(self, text: str) -> None:
        overlay = self.viewer.text_overlay
        overlay.text, overlay.visible = text, bool(text)
        overlay.font_size, overlay.position, overlay.color = 15, "top_left", "white"
        overlay.box, overlay.box_color = True, (0, 0, 0, 0.75)

    def _settle(self, *, reset: bool = True) -> None:
        self.wait(0.5)
        if reset:
            self.viewer.reset_view()
        self.wait(0.5)

    def _picture(self) -> Image.Image:
        for toast in self.window.findChildren(NapariQtNotification):
            toast.close()
        self.wait(0.1)
        return Image.fromarray(self.viewer.window.screenshot(canvas_only=False, flash=False)[..., :3])


def _write(picture: Image.Image, path: Path, limit_kb: int) -> None:
    """As PNG; raises SystemExit if it is too large in the fewest colours."""
    for colours in COLOURS_OF_STILLS:
        palette = _palette(np.asarray(picture), colours)
        picture.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= 1000 * limit_kb:
            return
    raise SystemExit(f"{path.name} is larger than {limit_kb} kB in {colours} colours.")


def _palette(picture: Pixels, colours: int) -> Image.Image:
    """The best so many colours: half of them greys, half of them colourful, however rare those are."""
    pixels = picture.reshape(-1, 3)
    is_colourful = np.ptp(pixels.astype(np.int16), axis=1) > COLOURFUL
    greys = _some_of(pixels[~is_colourful], colours // 2, Image.Quantize.MEDIANCUT)
    colourful = _some_of(pixels[is_colourful], colours // 2, Image.Quantize.MAXCOVERAGE)
    found = Image.new("P", (1, 1))
    found.putpalette(greys + colourful)
    return found


def _some_of(pixels: Pixels, colours: int, method: Image.Quantize) -> list[int]:
    return (Image.fromarray(pixels[None]).quantize(colours, method).getpalette() or [])[: 3 * colours]
