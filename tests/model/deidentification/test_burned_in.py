"""Signs of text in a picture: each by the one element that is one.

Break it: give one of them away.
"""

import io

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from model.deidentification.burned_in import SIGNS, has_words, signs_of
from tests.support.dicom_files import image
from tests.support.pictures import pixels

ELEMENTS = {
    "burned_in_stated": {"BurnedInAnnotation": "YES"},
    "burned_in_capture": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"},
    "burned_in_modality": {"Modality": "US"},
    "burned_in_digitiser": {"ConversionType": "DF"},
    "burned_in_screen": {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]},
}


def raw(dataset):
    """A data set as it comes from a file, each value unread."""
    from pydicom.filereader import read_dataset

    from tests.support.dicom_files import without_preamble

    if "PixelData" in dataset:
        del dataset.PixelData
    return read_dataset(io.BytesIO(without_preamble(dataset)), True, True)


def test_a_plain_radiograph_has_none():
    assert signs_of(raw(image(pixels(3), Manufacturer="Acme", BurnedInAnnotation="NO")), b"") == ()


@pytest.mark.parametrize("sign", ELEMENTS)
def test_each_sign_by_its_element(sign):
    assert signs_of(raw(image(pixels(3), **ELEMENTS[sign])), b"") == (sign,)


def test_a_digitiser_is_known_by_its_maker():
    assert signs_of(raw(image(pixels(3), Manufacturer="Vidar Systems")), b"") == ("burned_in_digitiser",)


def test_colour_and_an_overlay_in_the_pixels_are_signs():
    colour = np.dstack([pixels(seed, bits=8).astype(np.uint8) for seed in range(3)])
    assert signs_of(raw(image(colour)), b"") == ("burned_in_colour",)
    plane = image(pixels(3))
    plane.add_new(0x6000_0010, "US", 96)
    assert signs_of(raw(plane), b"") == ("burned_in_overlay",)
    plane.add_new(0x6000_3000, "OW", b"\0\0")  # it has data of its own, which is removed
    assert signs_of(raw(plane), b"") == ()


def test_a_comment_in_a_jpeg_is_a_sign_and_its_own_segments_are_none():
    def stream(**options):
        made = io.BytesIO()
        Image.fromarray(pixels(3, bits=8).astype(np.uint8)).save(made, "JPEG", **options)
        return made.getvalue()

    assert not has_words(stream())
    assert has_words(stream(comment=b"Doe^Jane"))
    exif = Image.Exif()
    exif[0x010E] = "Doe^Jane"
    assert has_words(stream(exif=exif))
    assert not has_words(stream(comment=b"MITRA_DICOM_STANDARD"))
    assert not has_words(b"")
    assert not has_words(stream()[:3])
    assert signs_of(Dataset(), stream(comment=b"x")) == ("burned_in_comment",)


def test_every_sign_is_explained():
    assert all(SIGNS.values())
