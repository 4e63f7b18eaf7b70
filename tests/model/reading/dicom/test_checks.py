import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from model.advice import Advice
from model.errors import BadHeader, BadPixels, Dicomdir, NoImage, Truncated, Unreadable
from model.reading.dicom.file import open_dicom
from model.reading.limits import Limits
from tests.support.dicom_files import encapsulated, image, native, rle, to_bytes

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)


def opened(data):
    return open_dicom(data, Limits())


def test_a_directory_of_files_is_none_of_ours():
    with pytest.raises(Dicomdir):
        opened(native(GREY, DirectoryRecordSequence=[Dataset()]))


def test_a_header_alone_and_empty_pixels_are_no_image():
    alone = image(GREY)
    del alone.PixelData
    with pytest.raises(NoImage) as refused:
        opened(to_bytes(alone))
    assert refused.value.advice is Advice.COMPARE_A_PICTURE
    with pytest.raises(NoImage, match="empty"):
        opened(native(GREY, PixelData=b""))


def test_what_describes_no_picture_is_no_image_and_what_has_no_class_is_unreadable():
    report = Dataset()
    report.SOPClassUID, report.Modality = "1.2.840.10008.5.1.4.1.1.88.11", "SR"
    with pytest.raises(NoImage):
        opened(to_bytes(report))
    nameless = to_bytes(report).replace(report.SOPClassUID.encode(), b"?" * len(report.SOPClassUID))
    with pytest.raises(Unreadable):
        opened(nameless)


def test_pixels_that_end_early_are_truncated():
    with pytest.raises(Truncated):
        opened(native(GREY)[:-9])


def test_pixels_are_encapsulated_where_the_syntax_is_a_compressed_one_and_nowhere_else():
    with pytest.raises(BadHeader, match="not encapsulated"):
        opened(to_bytes(image(GREY), JPEG2000Lossless))
    with pytest.raises(BadHeader, match="an uncompressed one"):
        opened(encapsulated(GREY, [rle(GREY)], ExplicitVRLittleEndian))
    assert opened(encapsulated(GREY, [rle(GREY)], RLELossless)).warnings == set()


def test_colours_that_are_whole_are_not_shared_whatever_the_label_says():
    colours = np.zeros((4, 4, 3), np.uint8)
    read = opened(native(colours, PhotometricInterpretation="YBR_FULL_422"))
    assert read.layout.photometric_interpretation == "YBR_FULL"
    assert read.warnings == {"colour_sampling_contradicts"}


def test_what_stands_behind_the_pixels_is_told_unless_it_is_padding():
    assert opened(native(GREY) + bytes(512)).warnings == set()
    assert opened(native(GREY) + b"rubbish").warnings == {"bytes_behind_pixels"}


def test_line_ends_that_were_rewritten_are_recognised():
    pixels = np.full((8, 8), 10, np.uint8)  # line feeds
    with pytest.raises(BadPixels, match="line ends"):
        opened(native(pixels).replace(b"\n", b"\r\n"))
