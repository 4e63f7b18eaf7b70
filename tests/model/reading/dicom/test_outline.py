import io

import numpy as np
import pytest
from pydicom.dataset import Dataset

from model.reading.dicom.element_walk import read_outline
from model.reading.dicom.outline import NUMBER_OF_FRAMES, pixels_are_whole
from tests.support.dicom_files import image, native, to_bytes


def walk(data):
    return read_outline(io.BytesIO(data), len(data))


def test_frames_are_read_from_text():
    found = walk(native(np.zeros((5, 3, 4), np.uint16)))

    assert found.number(NUMBER_OF_FRAMES) == 5


@pytest.mark.parametrize(
    ("uid", "is_image"),
    [
        ("1.2.840.10008.5.1.4.1.1.1", True),  # CR
        ("1.2.840.10008.5.1.4.1.1.1.1.1", True),  # DX, for processing
        ("1.2.840.10008.5.1.4.1.1.66.4", True),  # segmentation
        ("1.2.840.10008.5.1.4.1.1.481.1", True),  # RT image
        ("1.2.840.10008.5.1.4.1.1.4.2", False),  # MR spectroscopy
        ("1.2.840.10008.5.1.4.1.1.88.11", False),  # structured report
        ("1.2.840.10008.5.1.4.1.1.481.5", False),  # RT plan
        ("1.2.840.10008.5.1.4.1.1.104.1", False),  # PDF
        ("1.2.840.10008.5.1.4.1.1.11.1", False),  # presentation state
        ("1.2.3", False),
    ],
)
def test_the_class_tells_a_picture_even_without_its_elements(uid, is_image):
    dataset = Dataset()
    dataset.SOPClassUID = uid
    dataset.SOPInstanceUID = "1.2.3.4"

    assert is_image == walk(to_bytes(dataset)).is_image


PIXELS = np.random.default_rng(1).integers(0, 4096, (16, 20), dtype=np.uint16)


def is_whole(data):
    return pixels_are_whole(walk(data))


def test_a_length_that_falls_short_of_the_rows_is_not_whole():
    assert not is_whole(native(PIXELS, Rows=17))
    assert not is_whole(native(PIXELS, NumberOfFrames=2))
    assert not is_whole(native(PIXELS, Rows=65535, Columns=65535, NumberOfFrames=9999))


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")])
def test_floating_point_pixels_count(keyword, dtype):
    values = PIXELS.astype(dtype)
    dataset = image(PIXELS, PixelData=None, BitsAllocated=values.itemsize * 8, **{keyword: values.tobytes()})
    data = to_bytes(dataset)

    assert is_whole(data)
    assert not is_whole(data[:-1])
    assert not is_whole(to_bytes(image(PIXELS, PixelData=None, **{keyword: values.tobytes()[:-8]})))


def test_colour_at_half_resolution_is_counted():
    pixels = np.zeros((16, 20, 3), np.uint8)
    half = {"PhotometricInterpretation": "YBR_FULL_422", "PixelData": bytes(16 * 20 * 2)}

    assert is_whole(native(pixels, **half))
    assert not is_whole(native(pixels, PixelData=half["PixelData"]))
