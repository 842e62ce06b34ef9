from __future__ import annotations

import numpy as np
from napari.components import ViewerModel

from napari_csunet import ClassTable
from napari_csunet.widgets.instant_layer import make_instant_layer, write_answer


def test_an_overlay_takes_classes_that_come_later_and_are_beyond_255() -> None:
    viewer = ViewerModel()
    micrograph = viewer.add_image(np.zeros((32, 48), np.float32), name="alloy")
    layer = make_instant_layer(viewer, micrograph, ClassTable.from_names({1: "matrix", 2: "pore"}))
    write_answer(layer, 0, np.full((32, 48), 300, np.uint16))
    assert (layer.data == 300).all()
