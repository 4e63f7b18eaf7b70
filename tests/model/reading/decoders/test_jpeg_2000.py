import cv2
import imagecodecs
import numpy as np
import pytest

from model.reading.decode import Limits, open_scan
from model.reading.network_input import HALF_SIZE, PIPELINE_VERSION, pipeline_version
from model.reading.prepare import prepare
from tests.support.dicom_files import encapsulated

LOSSLESS = "1.2.840.10008.1.2.4.90"


def smooth(rows, columns, bits=12):
    """Make a picture with structure in which half a pixel of shift can be seen."""
    noise = np.random.default_rng(0).random((rows // 8 + 1, columns // 8 + 1), dtype=np.float32)
    large = cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.clip(large * ((1 << bits) - 1), 0, (1 << bits) - 1).astype(np.uint8 if bits == 8 else np.uint16)


def file_of(pixels, bits=12, **options):
    frame = imagecodecs.jpeg2k_encode(
        pixels, codecformat="j2k", bitspersample=bits, reversible=True, level=0, **options
    )
    return encapsulated(pixels, [frame], LOSSLESS, BitsStored=bits, HighBit=bits - 1)


def stored(data, *, may_halve):
    scan = open_scan(data, Limits(), may_halve=may_halve)
    (frame,) = scan.frames()
    return frame.stored, scan.warnings


@pytest.mark.parametrize(("bits", "rows", "columns"), [(12, 1801, 901), (8, 900, 1792), (16, 1900, 400)])
def test_a_large_frame_may_come_at_half_its_size_and_in_its_place(bits, rows, columns):
    pixels = smooth(rows, columns, bits)
    half, warnings = stored(file_of(pixels, bits), may_halve=True)
    assert half.shape == (-(-rows // 2), -(-columns // 2))
    assert half.dtype == pixels.dtype
    assert HALF_SIZE in warnings
    inner = pixels[: rows // 2 * 2, : columns // 2 * 2].astype(float)
    means = inner.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    differences = np.abs(half[: rows // 2, : columns // 2] - means)[2:-2, 2:-2] / (1 << bits)
    assert differences.mean() < 0.003


def test_nobody_who_did_not_ask_gets_half_a_frame():
    pixels = smooth(1800, 900)
    whole, warnings = stored(file_of(pixels), may_halve=False)
    assert np.array_equal(whole, pixels)
    assert HALF_SIZE not in warnings


@pytest.mark.parametrize("how", ["small", "signed", "colour", "one level"])
def test_what_cannot_be_halved_comes_whole(how):
    pixels, options = smooth(1800, 300), {}
    if how == "small":
        pixels = pixels[:1790]
    elif how == "signed":
        pixels = (pixels.astype(np.int32) - 2048).astype(np.int16)
    elif how == "colour":
        pixels = np.repeat(smooth(1800, 300, 8)[..., None], 3, axis=2)
    else:
        options = {"resolutions": 1}
    bits = 8 if how == "colour" else 12
    if how == "signed":
        bits = 16
    whole, warnings = stored(file_of(pixels, bits, **options), may_halve=True)
    assert whole.shape[:2] == pixels.shape[:2]
    assert HALF_SIZE not in warnings


def test_the_network_s_input_is_nearly_the_same_and_the_way_has_another_name():
    data = file_of(smooth(2500, 2048))
    whole, half = prepare(data), prepare(data, may_halve=True)
    assert whole.header == half.header
    assert np.abs(whole.inputs.astype(int) - half.inputs).mean() / 65535 < 0.002
    assert pipeline_version(whole.warnings) == PIPELINE_VERSION != pipeline_version(half.warnings)
