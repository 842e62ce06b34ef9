from __future__ import annotations

from pathlib import Path

import numpy as np
from napari.layers import Labels

from napari_csunet import PixelSize
from napari_csunet.micrographs.reading import read_micrograph
from napari_csunet.widgets.writer import write_labels


def test_the_pixel_size_is_kept_and_the_file_that_the_dialog_asked_for_replaced(tmp_path: Path) -> None:
    layer = Labels(np.eye(8, dtype=np.uint8), scale=(0.5, 0.5), units=("um", "um"))
    path = tmp_path / "a.tif"
    for _ in range(2):
        assert write_labels(str(path), [layer.as_layer_data_tuple()]) == [str(path)]
    assert read_micrograph(path).pixel_size == PixelSize(500, 500)


def test_several_layers_get_names_of_their_own(tmp_path: Path) -> None:
    layers = [Labels(np.eye(8, dtype=np.uint8), name="a/b").as_layer_data_tuple()] * 2
    written = write_labels(str(tmp_path / "all.tif"), layers)
    assert [Path(path).name for path in written] == ["all a_b.tif", "all a_b-2.tif"]
