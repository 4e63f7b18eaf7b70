from io import BytesIO

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from model.reading.decode import Limits, open_scan
from model.reading.network_input import PIPELINE_VERSION, REDUCED, least_side, odd_signs, pipeline_version
from model.reading.prepare import prepare
from tests.support.dicom_files import encapsulated

LOSSLESS, LOSSY = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"
LEAST = 500


def smooth(rows, columns, bits=12):
    """Make a picture with structure in which a quarter of a pixel of shift can be seen."""
    noise = np.random.default_rng(0).random((rows // 16 + 1, columns // 16 + 1), dtype=np.float32)
    large = cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.clip(large * ((1 << bits) - 1), 0, (1 << bits) - 1).astype(np.uint8 if bits == 8 else np.uint16)


def file_of(pixels, bits=12, *, is_exact=True, tags=None, **options):
    how = {"reversible": True, "level": 0} if is_exact else {"reversible": False, "level": 80}
    frame = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=bits, **how, **options)
    syntax = LOSSLESS if is_exact else LOSSY
    return encapsulated(pixels, [frame], syntax, **{"BitsStored": bits, "HighBit": bits - 1, **(tags or {})})


def stored(data, least=LEAST):
    scan = open_scan(data, Limits(), least_side=least)
    (frame,) = scan.frames()
    return frame.stored, scan.warnings


@pytest.mark.parametrize("is_exact", [True, False], ids=["lossless", "lossy"])
@pytest.mark.parametrize(
    ("bits", "rows", "columns", "most"),
    [
        (12, 1801, 901, 0.002),  # half: 1801 >> 2 is less than is to be left
        (16, 1000, 333, 0.002),
        (10, 2001, 1433, 0.006),  # a quarter, which Pillow and OpenJPEG round differently
        (12, 2500, 2048, 0.006),
    ],
)
def test_a_large_frame_comes_at_its_size_and_in_its_place(is_exact, bits, rows, columns, most):
    """Break it: lay a level's values on the middle of the pixels that they stand for."""
    pixels = smooth(rows, columns, bits)
    reduced, signs = stored(file_of(pixels, bits, is_exact=is_exact))
    assert (reduced.shape, reduced.dtype) == (pixels.shape, pixels.dtype)
    assert REDUCED in signs
    differences = np.abs(reduced.astype(float) - pixels)[4:-4, 4:-4] / (1 << bits)
    assert 0 < differences.mean() < most
    shifted = np.abs(reduced[:, 1:].astype(float) - pixels[:, :-1])[4:-4, 4:-4] / (1 << bits)
    assert differences.mean() < shifted.mean()


def test_what_did_not_ask_gets_every_level():
    pixels = smooth(1800, 900)
    whole, signs = stored(file_of(pixels), None)
    assert np.array_equal(whole, pixels)
    assert REDUCED not in signs


@pytest.mark.parametrize("how", ["small", "8 bits", "signed", "colour", "palette", "padding", "one level"])
def test_what_must_not_be_reduced_comes_whole(how):
    """Break it, of a palette or padding: mix numbers that stand for something with their neighbours."""
    pixels, options, bits, tags = smooth(1800, 300), {}, 12, {}
    if how == "small":
        pixels = pixels[: 2 * LEAST - 1]
    elif how == "8 bits":
        pixels, bits = smooth(1800, 300, 8), 8
    elif how == "signed":
        pixels, bits = (pixels.astype(np.int32) - 2048).astype(np.int16), 16
    elif how == "colour":
        pixels, bits = np.repeat(smooth(1800, 300, 8)[..., None], 3, axis=2), 8
    elif how == "palette":
        tags = {"PhotometricInterpretation": "PALETTE COLOR"}
        for colour in ("Red", "Green", "Blue"):
            tags[f"{colour}PaletteColorLookupTableDescriptor"] = [4096, 0, 16]
            tags[f"{colour}PaletteColorLookupTableData"] = np.arange(4096, dtype="<u2").tobytes()
    elif how == "padding":
        tags = {"PixelPaddingValue": 4095}
    else:
        options = {"resolutions": 1}
    whole, signs = stored(file_of(pixels, bits, tags=tags, **options))
    assert np.array_equal(whole, pixels)
    assert REDUCED not in signs


def test_values_above_the_bits_stored_mix_with_no_picture():
    """Break it: leave levels out all the same. What stands in the high bits shines through the picture."""
    pixels = smooth(1800, 400)
    marked = pixels.copy()
    marked[200:600, 100:103] |= 1 << 14
    whole, signs = stored(file_of(marked, 16, tags={"BitsStored": 12, "HighBit": 11}))
    assert np.array_equal(whole & 0x0FFF, pixels)
    assert REDUCED not in signs


@pytest.mark.parametrize("top", [4300, 4600, 5000])
def test_a_picture_that_goes_on_a_little_above_the_bits_stored_is_shown_as_a_whole_decoding_shows_it(top):
    """Break it: take what lies a little above for an overshoot. White becomes black in one way alone."""
    pixels = np.rint(smooth(2100, 400) * (top / 4095)).astype(np.uint16)
    data = file_of(pixels, 16, tags={"BitsStored": 12, "HighBit": 11})
    whole, asked = prepare(data), prepare(data, may_reduce=True)
    assert np.array_equal(asked.inputs, whole.inputs)
    assert asked.warnings == whole.warnings


def test_an_overlay_in_the_pixels_that_the_header_tells_of_mixes_with_no_picture():
    """Break it: look at the values alone. Of a lossy frame all bits count, and may be more than stored."""
    pixels = smooth(1800, 400) // 8
    pixels[:, 100] |= 1 << 12
    data = file_of(pixels, 16, is_exact=False, tags={"BitsStored": 12, "HighBit": 11})
    dataset = dcmread(BytesIO(data))
    for bit, is_reduced in ((12, False), (0, True)):  # 0: the overlay has an element of its own
        dataset.add_new((0x6000, 0x0102), "US", bit)
        dataset.save_as(written := BytesIO())
        assert (REDUCED in stored(written.getvalue())[1]) is is_reduced


@pytest.mark.parametrize("is_exact", [True, False], ids=["lossless", "lossy"])
def test_an_outline_in_bits_that_no_element_tells_of_mixes_with_no_picture(is_exact):
    """Break it: look at the values of the lower level. A line of odd pixels adds a quarter to two of them.

    Of a lossy frame nothing can be told apart in a whole decoding either: all its bits count.
    """
    pixels = smooth(1800, 400) // 5
    marked = pixels.copy()
    cv2.rectangle(marked, (101, 301), (301, 1401), 1 << 12, 1)
    data = file_of(pixels | marked, 16, is_exact=is_exact, tags={"BitsStored": 12, "HighBit": 11})
    shown, signs = stored(data)
    assert (REDUCED in signs) is not is_exact
    if is_exact:
        assert np.array_equal(shown, pixels | marked)


def test_values_that_need_8_bits_are_as_many_as_they_say():
    """Break it: go by the bits that they have. What rounds 8 bits too coarsely rounds 12 that use as many."""
    few, more = smooth(1800, 400) // 20, smooth(1800, 400) // 8
    assert REDUCED not in stored(file_of(few))[1]
    assert REDUCED in stored(file_of(more))[1]


@pytest.mark.parametrize("offset", [(1, 0), (1, 1), (2, 3)])
def test_a_picture_beside_the_origin_of_its_grid_stays_in_its_place(offset):
    """Break it: lay the samples of the grid's even pixels on the picture's. It moves by a pixel or three."""
    pixels = smooth(1801, 401, 16)
    file = BytesIO()
    Image.fromarray(pixels).save(
        file, "JPEG2000", no_jp2=True, offset=offset, tile_offset=(0, 0), tile_size=(4096, 4096)
    )
    whole, signs = stored(encapsulated(pixels, [file.getvalue()], LOSSLESS))
    assert np.array_equal(whole, pixels)
    assert REDUCED not in signs


@pytest.mark.parametrize("is_exact", [True, False], ids=["lossless", "lossy"])
@pytest.mark.parametrize("longer", [2 * least_side(224), 2500])
def test_the_network_s_input_is_nearly_the_same_and_the_way_has_another_name(is_exact, longer):
    data = file_of(smooth(longer, longer - 400), is_exact=is_exact)
    whole, reduced = prepare(data), prepare(data, may_reduce=True)
    assert whole.header == reduced.header
    assert np.abs(whole.inputs.astype(int) - reduced.inputs).mean() / 65535 < 0.001
    assert pipeline_version(whole.warnings) == PIPELINE_VERSION != pipeline_version(reduced.warnings)
    assert odd_signs(reduced.warnings) == whole.warnings


def test_how_large_a_frame_may_be_is_said_by_our_limits_alone(monkeypatch):
    """Break it: open it by Pillow's `Image.open`, which warns above 89 megapixels and refuses above 179."""
    pixels = smooth(2100, 900)
    for most in (pixels.size - 1, pixels.size // 3):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        assert prepare(file_of(pixels), may_reduce=True).warnings == (REDUCED,)


def test_a_larger_input_keeps_more_of_the_frame():
    data = file_of(smooth(2100, 900))
    assert REDUCED in prepare(data, may_reduce=True).warnings
    assert REDUCED not in prepare(data, may_reduce=True, size=448).warnings
