import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from model.reading.decode import Limits, open_scan
from model.reading.dicom.even_display import are_even
from model.reading.dicom.file import open_dicom
from model.reading.dicom.frame_display import FrameDisplays
from model.reading.network_input import REDUCED
from tests.support.dicom_files import encapsulated

LOSSLESS = "1.2.840.10008.1.2.4.90"
LEAST = 500


def ramp():
    """Make a picture of 12 bits that rises by one a pixel."""
    return np.add.outer(np.arange(1800), np.arange(400)).astype(np.uint16)


def file_of(pixels, **tags):
    frame = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=12, reversible=True, level=0)
    return encapsulated(pixels, [frame], LOSSLESS, **{"BitsStored": 12, "HighBit": 11, **tags})


def stored(data):
    scan = open_scan(data, Limits(), least_side=LEAST)
    (frame,) = scan.frames()
    return frame.stored, scan.warnings


def is_even(data):
    opened = open_dicom(data, Limits())
    displays = FrameDisplays(opened.dataset, opened.layout, set(), opened.header.sop_class_uid)
    return are_even(displays, opened.layout)


def table(entries, keyword="VOILUTSequence"):
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [len(entries), 0, 16], np.asarray(entries, "<u2").tobytes()
    item["LUTData"].VR = "OW"
    if keyword == "ModalityLUTSequence":
        item.ModalityLUTType = "US"
    return {keyword: Sequence([item])}


def window(width, centre=2000):
    return {"WindowCenter": centre, "WindowWidth": width}


LEVELS = np.arange(4096)
LUTS = ("VOILUTSequence", "ModalityLUTSequence")


@pytest.mark.parametrize(
    "tags",
    [
        window(2),
        window(200),
        {"RescaleSlope": 10, "RescaleIntercept": -5000, **window(2000, 0)},
        *(table(LEVELS % 512 * 128, keyword) for keyword in LUTS),
        *(table(np.where(LEVELS < 2000, 0, 65535), keyword) for keyword in LUTS),
    ],
)
def test_what_is_shown_by_leaps_comes_whole(tags):
    """Break it: leave levels out. A mean that falls into a leap looks like neither of its neighbours."""
    pixels = ramp()
    data = file_of(pixels, **tags)
    assert not is_even(data)
    whole, signs = stored(data)
    assert np.array_equal(whole, pixels)
    assert REDUCED not in signs


@pytest.mark.parametrize(
    "tags",
    [
        window(4096),
        window(1000),
        {"RescaleSlope": 0.1, "RescaleIntercept": 0, **window(100, 200)},
        *(table(65535 / (1 + np.exp((2000 - LEVELS) / 200)), keyword) for keyword in LUTS),
        table(65535 - LEVELS * 16),
    ],
)
def test_what_is_shown_evenly_comes_at_a_lower_resolution(tags):
    data = file_of(ramp(), **tags)
    assert is_even(data)
    assert REDUCED in stored(data)[1]


def test_one_frame_of_many_that_is_shown_by_leaps_keeps_all_whole():
    pixels = ramp()
    frame = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=12, reversible=True, level=0)
    frames = []
    for width in (2000, 50):
        values, one = Dataset(), Dataset()
        values.WindowCenter, values.WindowWidth = 2000, width
        one.FrameVOILUTSequence = Sequence([values])
        frames.append(one)
    tags = {"BitsStored": 12, "HighBit": 11, "PerFrameFunctionalGroupsSequence": Sequence(frames)}
    scan = open_scan(
        encapsulated(np.stack([pixels] * 2), [frame] * 2, LOSSLESS, **tags), Limits(), least_side=LEAST
    )
    assert all(np.array_equal(one.stored, pixels) for one in scan.frames())
    assert REDUCED not in scan.warnings
