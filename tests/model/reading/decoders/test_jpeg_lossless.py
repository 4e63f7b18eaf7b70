import imagecodecs
import numpy as np
import pytest

from model.reading.decode import Limits, open_scan
from tests.support.dicom_files import encapsulated

SV1, PROCESS_14 = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.57"


@pytest.mark.parametrize("bits", [2, 8, 10, 12, 15, 16])
@pytest.mark.parametrize("predictor", range(1, 8))
def test_every_predictor_comes_back_to_the_bit(bits, predictor):
    random = np.random.default_rng(predictor)
    pixels = random.integers(0, 1 << bits, (33, 47)).astype(np.uint8 if bits <= 8 else np.uint16)
    frame = imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=predictor, bitspersample=bits)
    syntax = SV1 if predictor == 1 else PROCESS_14
    (decoded,) = open_scan(
        encapsulated(pixels, [frame], syntax, BitsStored=bits, HighBit=bits - 1), Limits()
    ).frames()
    assert np.array_equal(decoded.stored, pixels)
    assert decoded.display.bits_stored == bits


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_another_encoder_s_frames_come_back_to_the_bit(bits):
    pixels = (np.arange(60 * 41).reshape(60, 41) * 13 % (1 << bits)).astype(
        np.uint8 if bits <= 8 else np.uint16
    )
    frame = imagecodecs.ljpeg_encode(pixels, bitspersample=bits)
    (decoded,) = open_scan(
        encapsulated(pixels, [frame], SV1, BitsStored=bits, HighBit=bits - 1), Limits()
    ).frames()
    assert np.array_equal(decoded.stored, pixels)
