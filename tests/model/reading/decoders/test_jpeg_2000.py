from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from model.errors import BadPixels
from model.reading.decoders.decoded_frame import SIGN_CONTRADICTED
from model.reading.decoders.jpeg_2000 import checked_header, decode_jpeg_2000
from model.reading.decoders.layout import PixelLayout

RAMP = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
LAYOUT = PixelLayout(
    rows=64,
    columns=48,
    frames=1,
    samples=1,
    bits_allocated=16,
    bits_stored=12,
    high_bit=11,
    is_signed=False,
    is_float=False,
    is_planar=False,
    photometric_interpretation="MONOCHROME2",
    has_monochrome_guessed=False,
)


def stream(pixels, bits=12):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=bits, reversible=True, level=0)


def test_a_lossless_frame_is_as_it_was():
    decoded = decode_jpeg_2000(stream(RAMP), LAYOUT)
    np.testing.assert_array_equal(decoded.pixels, RAMP)
    assert (decoded.bits_stored, decoded.high_bit, decoded.warnings) == (12, 11, ())


def test_a_codestream_that_calls_unsigned_values_signed_is_believed_less_than_the_header():
    shifted = (RAMP.astype(np.int32) - 2048).astype(np.int16)
    decoded = decode_jpeg_2000(stream(shifted), LAYOUT)
    np.testing.assert_array_equal(decoded.pixels, RAMP)
    assert SIGN_CONTRADICTED in decoded.warnings


@pytest.mark.parametrize("differs", [{"rows": 65}, {"columns": 47}])
def test_a_frame_of_another_size_than_the_header_s_is_refused_before_it_is_decoded(differs):
    with pytest.raises(BadPixels, match="another size"):
        checked_header(stream(RAMP), replace(LAYOUT, **differs))


def test_a_frame_that_was_cut_is_refused():
    with pytest.raises(BadPixels):
        decode_jpeg_2000(stream(RAMP)[:-400], LAYOUT)
