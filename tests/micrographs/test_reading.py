"""Micrographs and labels come out of real files of every supported kind as they went in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import imagecodecs
import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from napari_csunet.errors import MicrographError
from napari_csunet.micrographs import tiff
from napari_csunet.micrographs.micrograph import PixelSize
from napari_csunet.micrographs.reading import read_labels, read_micrograph

Array = npt.NDArray[Any]

GREY = np.arange(40 * 50, dtype=np.uint8).reshape(40, 50)
COLOUR = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
UM = {"imagej": True, "resolution": (40.0, 20.0), "metadata": {"unit": "um"}}


def written(path: Path, array: Array, **options: Any) -> Path:
    tifffile.imwrite(path, array, **{"photometric": "minisblack", **options})
    return path


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "?"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_tiff_keeps_type_and_values(tmp_path: Path, dtype: str, byteorder: Any) -> None:
    array = (GREY % 100).astype(dtype)
    micrograph = read_micrograph(written(tmp_path / "a b#1.c.tif", array, byteorder=byteorder))
    assert micrograph.pixels.dtype == np.dtype(dtype)
    assert np.array_equal(micrograph.pixels[0, ..., 0], array)
    assert (micrograph.name, micrograph.is_stack, micrograph.pixel_size) == ("a b#1.c", False, None)


@pytest.mark.parametrize(("low", "high"), [(68, 65535), (22134, 50155)])
def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path, low: int, high: int) -> None:
    array = np.linspace(low, high, 64 * 64).astype(np.uint16).reshape(64, 64)
    for path in (written(tmp_path / "a.tif", array), tmp_path / "a.png"):
        iio.imwrite(tmp_path / "a.png", array)
        pixels = read_micrograph(path).pixels
        assert pixels.dtype == np.uint16
        assert np.array_equal(pixels[0, ..., 0], array)


@pytest.mark.parametrize("compression", ["lzw", "zlib", "zstd", "packbits", "lzma"])
def test_lossless_compressions_are_read(tmp_path: Path, compression: str) -> None:
    path = written(tmp_path / "a.tif", GREY, compression=compression, rowsperstrip=7)
    assert np.array_equal(read_micrograph(path).pixels[0, ..., 0], GREY)


@pytest.mark.parametrize("photometric", ["minisblack", "rgb", "ycbcr"])
def test_jpeg_in_tiff_is_read(tmp_path: Path, photometric: str) -> None:
    flat = np.full((32, 32, 3), 128, np.uint8) if photometric != "minisblack" else np.full((32, 32), 128, np.uint8)
    pixels = read_micrograph(written(tmp_path / "a.tif", flat, compression="jpeg", photometric=photometric)).pixels
    assert pixels.shape == (1, 32, 32, 1)
    assert abs(int(pixels.max()) - 128) < 4


@pytest.mark.parametrize("options", [{"bigtiff": True}, {"tile": (16, 16)}, {"compression": "lzw", "predictor": True}])
def test_tiff_layouts_are_read(tmp_path: Path, options: dict[str, Any]) -> None:
    assert np.array_equal(read_micrograph(written(tmp_path / "a.tif", GREY, **options)).pixels[0, ..., 0], GREY)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour_is_kept_and_transparency_dropped(tmp_path: Path, planar: str) -> None:
    rgba = np.concatenate([COLOUR, GREY[..., None]], axis=-1)
    for array in (COLOUR, rgba):
        stored = array if planar == "contig" else np.moveaxis(array, -1, 0)
        path = written(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar)
        assert np.array_equal(read_micrograph(path).pixels[0], COLOUR)


def test_grey_stored_as_colour_is_one_channel(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", np.stack([GREY] * 3, -1), photometric="rgb")
    assert np.array_equal(read_micrograph(path).pixels, GREY[None, ..., None])


def test_grey_with_transparency_is_grey(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.tif", np.stack([GREY, GREY // 2], -1), planarconfig="contig", extrasamples=["unassalpha"]
    )
    assert np.array_equal(read_micrograph(path).pixels, GREY[None, ..., None])


def test_inverted_grey_is_turned_upright_for_micrographs_but_not_for_labels(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", GREY, photometric="miniswhite")
    assert np.array_equal(read_micrograph(path).pixels[0, ..., 0], 255 - GREY)
    assert np.array_equal(read_labels(path), GREY)


def test_palette_gives_colours_to_micrographs_and_values_to_labels(tmp_path: Path) -> None:
    palette = np.random.default_rng(1).integers(0, 256, (3, 256)).astype(np.uint16) * 257
    path = written(tmp_path / "a.tif", GREY, photometric="palette", colormap=palette)
    assert np.array_equal(read_micrograph(path).pixels[0], (palette.T // 257)[GREY])
    assert np.array_equal(read_labels(path), GREY)


def test_false_colours_of_imagej_do_not_hide_the_intensities(tmp_path: Path) -> None:
    palette = np.random.default_rng(1).integers(0, 65536, (3, 256)).astype(np.uint16)
    path = written(tmp_path / "a.tif", GREY, photometric="palette", colormap=palette, description="ImageJ=1.54f\n")
    assert np.array_equal(read_micrograph(path).pixels[0, ..., 0], GREY)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"metadata": None},
        {"imagej": True, "metadata": {"axes": "ZYX"}},
        {"imagej": True, "metadata": {"axes": "TYX"}},
        {"ome": True, "metadata": {"axes": "ZYX"}},
        {"compression": "zlib"},
    ],
)
@pytest.mark.parametrize("slices", [2, 3, 5])
def test_pages_and_slices_make_a_stack(tmp_path: Path, options: dict[str, Any], slices: int) -> None:
    stack = np.stack([GREY + i for i in range(slices)])
    micrograph = read_micrograph(written(tmp_path / "a.tif", stack, **options))
    assert micrograph.is_stack
    assert np.array_equal(micrograph.pixels[..., 0], stack)


def test_stack_of_colour_pages_is_read(tmp_path: Path) -> None:
    stack = np.stack([COLOUR, 255 - COLOUR])
    assert np.array_equal(read_micrograph(written(tmp_path / "a.tif", stack, photometric="rgb")).pixels, stack)


@pytest.mark.parametrize(("axes", "shape"), [("CYX", (2, 8, 9)), ("TZYX", (2, 3, 8, 9)), ("ZCYX", (2, 3, 8, 9))])
@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_ambiguous_axes_are_named(tmp_path: Path, axes: str, shape: tuple[int, ...], kind: str) -> None:
    path = written(tmp_path / "a.tif", np.zeros(shape, np.uint8), **{kind: True}, metadata={"axes": axes})
    with pytest.raises(MicrographError, match=rf"a\.tif has the axes {axes[0]} {shape[0]} × "):
        read_micrograph(path)


def test_ome_tiff_is_named_without_its_double_ending(tmp_path: Path) -> None:
    assert read_micrograph(written(tmp_path / "a.ome.tif", GREY)).name == "a"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (UM, PixelSize(50, 25)),
        (UM | {"metadata": {"unit": "\\u00B5m"}}, PixelSize(50, 25)),
        (UM | {"metadata": {"unit": "nm"}}, PixelSize(0.05, 0.025)),
        (UM | {"metadata": {"unit": "pixel"}}, None),
        (UM | {"metadata": {}}, None),
        (
            {"ome": True, "metadata": {"PhysicalSizeX": 0.5, "PhysicalSizeY": 250, "PhysicalSizeYUnit": "nm"}},
            PixelSize(250, 500),
        ),
        ({"resolution": (400_000, 200_000), "resolutionunit": "CENTIMETER"}, PixelSize(50, 25)),
        ({"resolution": (1_016_000, 1_016_000), "resolutionunit": "INCH"}, PixelSize(25, 25)),
        ({"resolution": (96, 96), "resolutionunit": "INCH"}, None),
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, None),
        ({"resolution": (1200, 1200), "resolutionunit": "INCH"}, None),
        ({"resolution": (28.346, 28.346), "resolutionunit": "CENTIMETER"}, None),
        ({"resolution": (40, 40), "resolutionunit": "NONE"}, None),
        ({}, None),
    ],
)
def test_pixel_size_is_read_from_the_file(tmp_path: Path, options: dict[str, Any], expected: PixelSize | None) -> None:
    found = read_micrograph(written(tmp_path / "a.tif", GREY, **options)).pixel_size
    assert (found is None) == (expected is None)
    if found and expected:
        assert (found.y_nm, found.x_nm) == pytest.approx((expected.y_nm, expected.x_nm), rel=1e-6)


def test_given_pixel_size_replaces_that_of_the_file(tmp_path: Path) -> None:
    assert read_micrograph(written(tmp_path / "a.tif", GREY, **UM), PixelSize(1, 2)).pixel_size == PixelSize(1, 2)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "lzw", "rowsperstrip": 5}, {"compression": "lzw", "tile": (16, 16)}]
)
@pytest.mark.parametrize("array", [GREY, np.stack([GREY, GREY + 1]), COLOUR], ids=["grey", "stack", "colour"])
def test_large_tiff_is_read_crop_by_crop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], array: Array
) -> None:
    photometric = "rgb" if array is COLOUR else "minisblack"
    path = written(tmp_path / "a.tif", array, photometric=photometric, **options)
    whole = read_micrograph(path)
    monkeypatch.setattr(tiff, "LAZY_BYTES", 0)
    lazy = read_micrograph(path)
    region = (slice(3, 21), slice(10, 40))
    assert type(lazy.pixels) is not np.ndarray
    assert lazy.pixels.shape == whole.pixels.shape
    assert np.array_equal(lazy.crop(0, *region), whole.crop(0, *region))


@pytest.mark.parametrize("suffix", ["png", "bmp", "jpg"])
@pytest.mark.parametrize("array", [GREY, COLOUR], ids=["grey", "colour"])
def test_other_pictures_are_read(tmp_path: Path, suffix: str, array: Array) -> None:
    iio.imwrite(tmp_path / f"a.{suffix}", array)
    pixels = read_micrograph(tmp_path / f"a.{suffix}").pixels[0]
    assert pixels.shape == np.atleast_3d(array).shape
    assert suffix == "jpg" or np.array_equal(pixels, np.atleast_3d(array))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_read(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (50, 40)).save(tmp_path / "a.png")
    assert read_micrograph(tmp_path / "a.png").pixels.shape == (1, 40, 50, 1)


def test_png_with_sixteen_bit_colour_is_not_reduced(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(COLOUR.astype(np.uint16) * 257))
    assert np.array_equal(read_micrograph(tmp_path / "a.png").pixels[0], COLOUR.astype(np.uint16) * 257)


def test_content_counts_more_than_the_ending(tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "a.tif", GREY, extension=".png")
    assert np.array_equal(read_micrograph(tmp_path / "a.tif").pixels[0, ..., 0], GREY)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"hello", "is not a TIFF"),
        (b"II*\0", "damaged"),
        (b"\x89PNG\r\n\x1a\n123", "damaged"),
        (b"BM", "damaged"),
    ],
)
@pytest.mark.parametrize("read", [read_micrograph, read_labels])
def test_unreadable_file_is_named(tmp_path: Path, read: Any, content: bytes, complaint: str) -> None:
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(MicrographError, match=rf"a\.tif.*{complaint}"):
        read(tmp_path / "a.tif")


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(MicrographError, match=r"none\.tif does not exist"):
        read_micrograph(tmp_path / "none.tif")
    with pytest.raises(MicrographError, match="is a folder"):
        read_micrograph(tmp_path)


def test_complex_numbers_and_cmyk_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MicrographError, match=r"a\.tif holds complex64"):
        read_micrograph(written(tmp_path / "a.tif", GREY.astype(np.complex64)))
    cmyk = np.zeros((8, 9, 4), np.uint8)
    with pytest.raises(MicrographError, match=r"b\.tif holds 4 SEPARATED"):
        read_micrograph(written(tmp_path / "b.tif", cmyk, photometric="separated"))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.999])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"metadata": None},
        {"compression": "zlib"},
        {"imagej": True, "metadata": {"axes": "ZYX"}},
        {"ome": True, "metadata": {"axes": "ZYX"}},
    ],
)
def test_truncated_tiff_is_never_taken_for_a_whole_one(tmp_path: Path, share: float, options: dict[str, Any]) -> None:
    stack = np.random.default_rng(0).integers(0, 255, (4, 40, 50), dtype=np.uint8)
    content = written(tmp_path / "a.tif", stack, **options).read_bytes()
    (tmp_path / "cut.tif").write_bytes(content[: int(len(content) * share)])
    with suppress(MicrographError):
        found = read_micrograph(tmp_path / "cut.tif").pixels[..., 0]
        assert np.array_equal(found, stack)  # only metadata was cut off


def test_half_a_tiff_is_named(tmp_path: Path) -> None:
    content = written(tmp_path / "a.tif", np.stack([GREY] * 3), metadata=None).read_bytes()
    for share in (0.1, 0.5, 0.8):
        (tmp_path / "cut.tif").write_bytes(content[: int(len(content) * share)])
        with pytest.raises(MicrographError, match=r"cut\.tif is (cut off|damaged)"):
            read_micrograph(tmp_path / "cut.tif")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_picture_is_named(tmp_path: Path, suffix: str, share: float) -> None:
    iio.imwrite(tmp_path / f"a.{suffix}", COLOUR)
    content = (tmp_path / f"a.{suffix}").read_bytes()
    (tmp_path / "cut").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(MicrographError, match="cut is damaged"):
        read_micrograph(tmp_path / "cut")


def test_labels_keep_whole_numbers(tmp_path: Path) -> None:
    for dtype in (np.uint8, np.uint16, np.int32):
        labels = read_labels(written(tmp_path / "a.tif", (GREY % 5).astype(dtype)))
        assert labels.dtype == dtype
        assert np.array_equal(labels, GREY % 5)


@pytest.mark.parametrize("dtype", [np.float32, bool])
def test_labels_of_other_types_become_whole_numbers(tmp_path: Path, dtype: Any) -> None:
    labels = read_labels(written(tmp_path / "a.tif", (GREY % 2).astype(dtype)))
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, GREY % 2)


@pytest.mark.parametrize("array", [GREY / 7, GREY * np.nan, -GREY.astype(np.int16), -GREY.astype(np.float32)])
def test_fractions_and_negative_numbers_are_no_labels(tmp_path: Path, array: Array) -> None:
    with pytest.raises(MicrographError, match=r"a\.tif is not a mask"):
        read_labels(written(tmp_path / "a.tif", array.astype(np.promote_types(array.dtype, np.int16))))


def test_labels_stored_as_grey_colour_are_reduced_and_others_refused(tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "a.png", np.stack([GREY] * 3, -1))
    iio.imwrite(tmp_path / "b.png", COLOUR)
    assert np.array_equal(read_labels(tmp_path / "a.png"), GREY)
    with pytest.raises(MicrographError, match=r"b\.png is coloured"):
        read_labels(tmp_path / "b.png")


def test_labels_of_a_coloured_palette_png_are_its_indices(tmp_path: Path) -> None:
    image = Image.fromarray(GREY % 3).convert("P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    image.save(tmp_path / "a.png")
    assert np.array_equal(read_labels(tmp_path / "a.png"), GREY % 3)


def test_labels_of_a_stack_are_a_stack(tmp_path: Path) -> None:
    stack = np.stack([GREY, GREY + 1, GREY + 2])
    assert np.array_equal(read_labels(written(tmp_path / "a.tif", stack)), stack)


def test_jpeg_is_refused_for_labels(tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "a.jpg", GREY)
    with pytest.raises(MicrographError, match=r"a\.jpg is a JPEG"):
        read_labels(tmp_path / "a.jpg")


def test_real_micrographs_keep_their_type(shared_micrographs: Path) -> None:
    for path in sorted((shared_micrographs / "superalloy" / "train").glob("*/*.tif")):
        raw, micrograph = tifffile.imread(path), read_micrograph(path)
        assert micrograph.pixels.dtype == raw.dtype
        assert np.array_equal(micrograph.pixels[0, ..., 0], raw if raw.ndim == 2 else raw[..., 0])
