import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from model.reading.decode import Limits, open_scan
from model.reading.dicom.frame_display import aspect_of, may_be_negative
from model.reading.display import LookupTable, Rescale, Window
from tests.support.dicom_files import native

PIXELS = np.random.default_rng(2).integers(0, 4096, (12, 10), dtype=np.uint16)


def frames(data, limits=Limits()):  # noqa: B008
    return list(open_scan(data, limits).frames())


def test_each_frame_may_have_a_display_of_its_own():
    def group(slope, center):
        values, window, item = Dataset(), Dataset(), Dataset()
        values.RescaleSlope, values.RescaleIntercept = slope, 0
        window.WindowCenter, window.WindowWidth = center, 100
        item.PixelValueTransformationSequence = Sequence([values])
        item.FrameVOILUTSequence = Sequence([window])
        return item

    shared = group(5, 50)
    del shared.FrameVOILUTSequence
    pixels = np.stack([PIXELS, PIXELS, PIXELS])
    own = [group(2, 10), group(3, 20), Dataset()]
    data = native(
        pixels,
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence(own),
        WindowCenter=7,
        WindowWidth=9,
    )
    displays = [frame.display for frame in frames(data)]

    assert [Rescale(2, 0), Rescale(3, 0), Rescale(5, 0)] == [d.modality for d in displays]
    assert [Window(10, 100), Window(20, 100), Window(7, 9)] == [d.voi for d in displays]


def test_pictures_of_8_bits_without_window_are_ready_to_show():
    small = PIXELS.astype(np.uint8)
    displays = [
        frame.display
        for data in (native(small), native(PIXELS), native(small, WindowCenter=5, WindowWidth=3))
        for frame in frames(data)
    ]
    assert [one.is_display_ready for one in displays] == [True, False, False]


def test_a_frame_of_colours_needs_nothing_but_its_bits():
    colour = np.zeros((4, 5, 3), np.uint8)
    (frame,) = frames(native(colour, WindowCenter=5, WindowWidth=3))
    assert frame.display.is_display_ready
    assert frame.display.voi is None


def test_a_rescale_that_changes_nothing_is_none():
    (frame,) = frames(native(PIXELS, RescaleSlope=1, RescaleIntercept=0))
    assert frame.display.modality is None


def test_the_shape_of_a_frames_pixels_is_known_without_its_pixels():
    data = native(np.zeros((2, 4, 4), np.uint16), PixelSpacing=[3, 1])
    scan = open_scan(data, Limits())
    assert aspect_of(scan.dataset, 0, set()) == 3
    own = [Dataset(), Dataset()]
    own[1].PixelMeasuresSequence = Sequence([Dataset()])
    own[1].PixelMeasuresSequence[0].PixelSpacing = [1, 2]
    scan.dataset.PerFrameFunctionalGroupsSequence = Sequence(own)
    assert [aspect_of(scan.dataset, index, set()) for index in range(2)] == [3, 0.5]


def test_a_modality_value_can_be_negative_by_its_range():
    assert may_be_negative(None, 12, is_signed=True)
    assert not may_be_negative(None, 12, is_signed=False)
    assert may_be_negative(Rescale(1, -1), 12, is_signed=False)
    assert not may_be_negative(Rescale(1, 2048), 12, is_signed=True)
    assert not may_be_negative(LookupTable(0, np.zeros(1, np.uint16), 1), 12, is_signed=True)
