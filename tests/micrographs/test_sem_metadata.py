"""Pixel size and acquisition come from small files in the formats that microscopes write."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from napari_csunet.micrographs.acquisition import Acquisition
from napari_csunet.micrographs.databar import databar_rows
from napari_csunet.micrographs.micrograph import Micrograph, PixelSize
from napari_csunet.micrographs.reading import read_micrograph

PIXELS = np.random.default_rng(0).integers(60, 200, (76, 64), dtype=np.uint8)

ZEISS = """\r
0\r
1.25e-08\r
AP_IMAGE_PIXEL_SIZE\r
Image Pixel Size = 12.5 nm\r
AP_MAG\r
Mag = 10.00 K X\r
AP_ACTUALKV\r
EHT = 15.00 kV\r
AP_WD\r
WD = 8.5 mm\r
DP_DETECTOR_CHANNEL\r
Signal A = InLens\r
SV_SERIAL_NUMBER\r
Serial No. = ULTRA 55-44-22\r
DP_IMAGE_STORE\r
Store resolution = 64 * 64\r
"""
FEI = """[System]\r
SystemType=Helios NanoLab\r
[Beam]\r
HV=5000\r
[EBeam]\r
WD=0.00409547\r
[Scan]\r
PixelWidth=2.5e-009\r
PixelHeight=3e-009\r
HorFieldsize=2.56e-006\r
[Image]\r
ResolutionX=64\r
ResolutionY=64\r
MagCanvasRealWidth=0.128\r
[Detectors]\r
Name=TLD\r
Mode=SE\r
[PrivateFei]\r
DatabarHeight=12\r
"""
TESCAN = """AccFrames=1\r
Device=MIRA3 LMH\r
ImageStripSize=12\r
Magnification=5000.0\r
PixelSizeX=4e-008\r
PixelSizeY=4.1e-008\r
Detector=SE\r
HV=15000.0\r
WD=0.01\r
"""
JEOL = """$CM_FORMAT JEOL-SEM
$CM_INSTRUMENT JSM-7800F
$CM_SIGNAL SEI
$CM_MAG 5000
$CM_ACCEL_VOLT 15.00
$CM_FULL_SIZE 64 64
$$SM_MICRON_BAR 180
$$SM_MICRON_MARKER 9um
$$SM_WD 10.0
"""
HITACHI = """[SemImageFile]\r
InstructName=SU8230\r
DataSize=64x64\r
PixelSize=24.8\r
SignalName=SE(U)\r
AcceleratingVoltage=15000 Volt\r
Magnification=10000\r
WorkingDistance=8100 um\r
"""


def tiff(path: Path, tag: int, header: str | bytes, pixels: npt.NDArray[Any] = PIXELS, **options: Any) -> Path:
    data = header if isinstance(header, bytes) else header.encode("cp1252")
    extra = [(tag, 1, len(data), data, True)]
    tifffile.imwrite(path, pixels, photometric="minisblack", extratags=extra, **options)
    return path


def picture(path: Path, text: str, encoding: str = "utf-8", suffix: str = ".txt") -> Path:
    Image.fromarray(PIXELS).save(path)
    path.with_suffix(suffix).write_bytes(text.encode(encoding))
    return path


def acquisition_of(micrograph: Micrograph) -> Acquisition:
    assert micrograph.acquisition is not None
    return micrograph.acquisition


def notices_of(path: Path) -> tuple[str, ...]:
    found = read_micrograph(path).acquisition
    return () if found is None else found.notices


def test_zeiss_header_is_read(tmp_path: Path) -> None:
    micrograph = read_micrograph(tiff(tmp_path / "a.tif", 34118, ZEISS))
    assert micrograph.pixel_size == PixelSize(12.5, 12.5)
    assert micrograph.acquisition == Acquisition(10_000, 15, "InLens", 8.5, "ULTRA 55-44-22", 12)
    assert databar_rows(micrograph) == slice(64, 76)


@pytest.mark.parametrize(("text", "nm"), [("558.2 pm", 0.5582), ("1.2 µm", 1200), ("2,79 nm", 2.79)])
def test_zeiss_pixel_sizes_of_any_unit_are_read(tmp_path: Path, text: str, nm: float) -> None:
    path = tiff(tmp_path / "a.tif", 34118, ZEISS.replace("12.5 nm", text))
    size = read_micrograph(path).pixel_size
    assert size is not None
    assert size.x_nm == pytest.approx(nm)


def test_old_zeiss_headers_state_the_size_without_a_name(tmp_path: Path) -> None:
    header = ZEISS.replace("0\r\n1.25e-08", "0\r\n0\r\n1.25e-08").replace("AP_IMAGE_PIXEL_SIZE", "AP_OTHER")
    size = read_micrograph(tiff(tmp_path / "a.tif", 34118, header)).pixel_size
    assert size is not None
    assert size.x_nm == pytest.approx(12.5 * 1024 / 64)


@pytest.mark.parametrize("tag", [34680, 34682])
def test_fei_header_is_read(tmp_path: Path, tag: int) -> None:
    micrograph = read_micrograph(tiff(tmp_path / "a.tif", tag, FEI))
    found = acquisition_of(micrograph)
    assert micrograph.pixel_size == PixelSize(3, 2.5)
    assert found.magnification == pytest.approx(50_000)
    assert found.working_distance_mm == pytest.approx(4.09547)
    assert (found.voltage_kv, found.detector, found.instrument) == (5, "TLD SE", "Helios NanoLab")
    assert found.databar_height == 12


def test_first_fei_microscopes_state_magnification_and_voltage_elsewhere(tmp_path: Path) -> None:
    header = "[DatabarData]\r\nMagnification = 5000\r\nHighTension = 10000\r\nFWD = 9.7\r\n"
    micrograph = read_micrograph(tiff(tmp_path / "a.tif", 34680, header))
    assert micrograph.pixel_size is None
    assert micrograph.acquisition == Acquisition(5000, 10, working_distance_mm=9.7)


def test_tescan_header_is_found_between_other_bytes(tmp_path: Path) -> None:
    header = b"\x01\0\0\0\x9c\xff" + TESCAN.encode() + b"\0\x89PNG\r\n\xffHV=\x07"
    micrograph = read_micrograph(tiff(tmp_path / "a.tif", 50431, header))
    assert micrograph.pixel_size == PixelSize(41, 40)
    assert micrograph.acquisition == Acquisition(5000, 15, "SE", 10, "MIRA3 LMH", 12)


@pytest.mark.parametrize("name", ["a-png.hdr", "a.hdr"])
def test_tescan_header_beside_the_picture_is_read(tmp_path: Path, name: str) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    (tmp_path / name).write_text("[MAIN]\n" + TESCAN)
    assert read_micrograph(tmp_path / "a.png").pixel_size == PixelSize(41, 40)


def test_olympus_header_is_read(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", 33560, bytes(60 + 8 + 112))
    with tifffile.TiffFile(path) as file:
        offset = file.pages.first.tags[33560].valueoffset
    general = struct.pack("<10xhdd8xd2x34s32s", -9, 25.0, 26.0, 4000.0, b"MegaView", b"")
    head = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 0, 0, 1, 0, 120, b"", 1)
    data = bytearray(path.read_bytes())
    data[offset : offset + 180] = (head + struct.pack("<hhI", 1, 1, offset + 68) + general).ljust(180, b"\0")
    path.write_bytes(data)
    micrograph = read_micrograph(path)
    assert str(micrograph.pixel_size) == "26 × 25 nm/px"
    assert micrograph.acquisition == Acquisition(4000, detector="MegaView")


@pytest.mark.parametrize("name", ["a.tif", "a.bmp", "a.jpg", "a.png"])
def test_jeol_text_file_is_read_beside_any_picture(tmp_path: Path, name: str) -> None:
    micrograph = read_micrograph(picture(tmp_path / name, JEOL))
    assert micrograph.pixel_size == PixelSize(50, 50)
    assert micrograph.acquisition == Acquisition(5000, 15, "SEI", 10, "JSM-7800F", 12)


def test_new_jeol_microscopes_state_the_pixel_size(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.tif", JEOL + "$CM_PIXEL_SIZE 48.83nm\n", suffix=".TXT")
    assert read_micrograph(path).pixel_size == PixelSize(48.83, 48.83)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_hitachi_text_file_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    micrograph = read_micrograph(picture(tmp_path / "a.tif", HITACHI + "SampleName=Stähle, µ\r\n", encoding))
    assert micrograph.pixel_size == PixelSize(24.8, 24.8)
    assert micrograph.acquisition == Acquisition(10_000, 15, "SE(U)", 8.1, "SU8230", 12)


def test_old_hitachi_microscopes_state_only_the_magnification(tmp_path: Path) -> None:
    text = HITACHI.replace("PixelSize=24.8", "").replace("DataSize=64x64", "DataSize=1280x960")
    size = read_micrograph(picture(tmp_path / "a.tif", text)).pixel_size
    assert size is not None
    assert size.x_nm == pytest.approx(9.921875)


def test_text_that_no_microscope_wrote_is_left_alone(tmp_path: Path) -> None:
    micrograph = read_micrograph(picture(tmp_path / "a.png", "0 0.5 0.5 0.1 0.1\nPixelSize=3\n"))
    assert (micrograph.pixel_size, micrograph.acquisition) == (None, None)


def test_header_is_believed_before_the_rest_of_the_file_and_told_so(tmp_path: Path) -> None:
    options: dict[str, Any] = {"resolution": (400_000, 400_000), "resolutionunit": "CENTIMETER"}
    path = tiff(tmp_path / "a.tif", 34118, ZEISS, **options)
    assert read_micrograph(path).pixel_size == PixelSize(12.5, 12.5)
    assert notices_of(path) == (
        "a: The Zeiss header states 12.5 nm/px, the TIFF resolution 25 nm/px; the first is used. "
        "Compare with the scale bar.",
    )


def test_sizes_that_agree_and_print_resolutions_are_no_news(tmp_path: Path) -> None:
    for resolution in (800_000, 28.346, 37.795):
        path = tiff(tmp_path / "a.tif", 34118, ZEISS, resolution=(resolution,) * 2, resolutionunit="CENTIMETER")
        assert notices_of(path) == ()


@pytest.mark.parametrize("wrong", ["0 nm", "-3 nm", "1 m"])
def test_sizes_that_cannot_be_are_ignored_and_told(tmp_path: Path, wrong: str) -> None:
    options: dict[str, Any] = {"resolution": (400_000, 400_000), "resolutionunit": "CENTIMETER"}
    path = tiff(tmp_path / "a.tif", 34118, ZEISS.replace("12.5 nm", wrong), **options)
    (notice,) = notices_of(path)
    assert "cannot be" in notice
    assert str(read_micrograph(path).pixel_size) == "25 nm/px"


def test_nonsense_in_ome_metadata_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, ome=True, metadata={"axes": "YX", "PhysicalSizeX": 0.0, "PhysicalSizeY": 0.0})
    assert read_micrograph(path).pixel_size is None
    assert "OME" in notices_of(path)[0]


def test_given_pixel_size_silences_what_the_file_states(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", 34118, ZEISS.replace("12.5 nm", "1 m"))
    micrograph = read_micrograph(path, PixelSize(3, 3))
    assert (micrograph.pixel_size, acquisition_of(micrograph).notices) == (PixelSize(3, 3), ())
    assert acquisition_of(micrograph).voltage_kv == 15


def test_scaled_micrograph_is_noticed_and_its_databar_is_not_guessed(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", 34682, FEI, PIXELS[::2, ::2])
    (notice,) = notices_of(path)
    assert "64 pixels wide, this one is 32 wide" in notice
    assert acquisition_of(read_micrograph(path)).databar_height is None


def test_header_that_denies_a_databar_is_believed(tmp_path: Path) -> None:
    header = FEI.replace("DatabarHeight=12", "DatabarHeight=0").replace("ResolutionY=64", "ResolutionY=76")
    micrograph = read_micrograph(tiff(tmp_path / "a.tif", 34682, header))
    assert acquisition_of(micrograph).databar_height == 0
    assert databar_rows(micrograph) is None


@pytest.mark.parametrize("tag", [33560, 34118, 34680, 34682, 50431])
@pytest.mark.parametrize(
    "header", [b"\xff\x81\x8d\0" * 20, b"SIS0", b"[Scan]\r\nPixelWidth=x\r\n[", b"AP_MAG\r\n", b"PixelSizeX=1e999"]
)
def test_damaged_headers_are_passed_over(tmp_path: Path, tag: int, header: bytes) -> None:
    micrograph = read_micrograph(tiff(tmp_path / "a.tif", tag, header))
    assert micrograph.pixel_size is None
    assert np.array_equal(micrograph.pixels[0, ..., 0], PIXELS)


@pytest.mark.parametrize("length", [10, 60, 130, 200])
@pytest.mark.parametrize(("tag", "header"), [(34118, ZEISS), (34682, FEI), (50431, TESCAN)])
def test_headers_that_are_cut_off_give_what_is_left(tmp_path: Path, tag: int, header: str, length: int) -> None:
    read_micrograph(tiff(tmp_path / "a.tif", tag, header[:length]))


@pytest.mark.parametrize("text", ["", "$", "$CM_MAG", "$CM_MAG x\n$$SM_MICRON_BAR 0\n$$SM_MICRON_MARKER 1um", "\0\0\0"])
def test_damaged_text_files_are_passed_over(tmp_path: Path, text: str) -> None:
    for whole in (text, "[SemImageFile]" + text):
        assert read_micrograph(picture(tmp_path / "a.png", whole)).pixel_size is None
