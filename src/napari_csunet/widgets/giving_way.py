"""What gives way while a network trains or is judged, because the processor is needed there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qtpy.QtWidgets import QWidget

from napari_csunet.widgets.docking import docked
from napari_csunet.widgets.warm_up import WarmUp


class Pausable(Protocol):
    """Work that can wait."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class GivingWay:
    """The warm-up, other work of the panel, and the Predict panel beside it."""

    def __init__(self, owner: QWidget, warming: WarmUp, others: Sequence[Pausable]) -> None:
        self._owner, self._warming, self._others = owner, warming, others

    def begin(self) -> None:
        self._warming.pause()
        for one in self._others:
            one.pause()
        self._tell_predict(is_busy=True)

    def end(self) -> None:
        self._warming.start()
        for one in self._others:
            one.resume()
        self._tell_predict(is_busy=False)

    def _tell_predict(self, *, is_busy: bool) -> None:
        from napari_csunet.widgets.predict import PredictWidget

        predict = docked(self._owner, PredictWidget)
        if predict is not None:
            predict.rest(while_busy=is_busy)
