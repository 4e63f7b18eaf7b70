"""One radiograph, however it is stored, gets one answer from the released model."""

import io
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from model.reading.prepare import open_pictures, prepare
from tests.support.dicom_files import encapsulated, native, rle
from tests.support.release import shipped_classifier
from tests.support.shared import SHARED, needs_shared

pytestmark = [pytest.mark.shared, needs_shared]

MOST = 0.02
"""Greatest difference of a probability."""

SIDE = 880
BITS = 12
JPEG = "1.2.840.10008.1.2.4."


def deflate(pixels):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(pixels.tobytes()) + stream.flush()


def jpeg_2000(pixels):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0)


ENCODERS = {
    "1.2.840.10008.1.2.5": rle,
    "1.2.840.10008.1.2.8.1": deflate,
    JPEG + "57": imagecodecs.ljpeg_encode,
    JPEG + "70": imagecodecs.ljpeg_encode,
    JPEG + "80": imagecodecs.jpegls_encode,
    JPEG + "90": jpeg_2000,
    JPEG + "201": imagecodecs.htj2k_encode,
    JPEG + "202": imagecodecs.htj2k_encode,
}


@pytest.fixture(scope="module", params=["RG3_UNC", "RG2_UNC", "NM_Kakadu44_SOTmarkerincons"])
def radiograph(request):
    """A leg, a hip and a hand as a viewer shows them, uint16; even numbers of rows and columns."""
    content = (SHARED / "dicom" / "radiograph" / f"{request.param}.dcm").read_bytes()
    picture = next(iter(open_pictures(content)))
    scale = SIDE / max(picture.shape)
    size = tuple(2 * round(length * scale / 2) for length in picture.shape)
    return cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)


def stored(picture, bits):
    """Give stored values of so many bits, and the elements that show them as they are."""
    values = (picture >> (16 - bits)).astype(np.uint8 if bits == 8 else np.uint16)
    return values, {
        "BitsStored": bits, "HighBit": bits - 1, "WindowCenter": 2 ** (bits - 1), "WindowWidth": 2**bits,
    }  # fmt: skip


def probability(content):
    return shipped_classifier().classify(prepare(content).inputs)[0].score


@pytest.fixture(scope="module")
def expected(radiograph):
    """Its probability as a native 12-bit MONOCHROME2."""
    values, elements = stored(radiograph, BITS)
    return probability(native(values, **elements))


@pytest.mark.parametrize("bits", range(8, 17))
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_polarity_and_depth(radiograph, expected, bits, photometric):
    values, elements = stored(radiograph, bits)
    if photometric == "MONOCHROME1":
        values = (2**bits - 1 - values.astype(np.int64)).astype(values.dtype)

    found = probability(native(values, **elements, PhotometricInterpretation=photometric))

    assert found == pytest.approx(expected, abs=MOST)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_half_the_resolution(radiograph, expected, bits):
    half = cv2.resize(radiograph, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    values, elements = stored(half, bits)

    assert probability(native(values, **elements)) == pytest.approx(expected, abs=MOST)


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_native_encodings(radiograph, expected, syntax):
    values, elements = stored(radiograph, BITS)

    assert probability(native(values, syntax, **elements)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("syntax", ENCODERS)
def test_encodings_without_loss(radiograph, expected, syntax):
    values, elements = stored(radiograph, BITS)

    content = encapsulated(values, [ENCODERS[syntax](values)], syntax, **elements)

    assert probability(content) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("bits", [8, 16])
def test_png(radiograph, expected, bits):
    buffer = io.BytesIO()
    Image.fromarray(stored(radiograph, bits)[0]).save(buffer, "PNG")

    assert probability(buffer.getvalue()) == pytest.approx(expected, abs=MOST)
