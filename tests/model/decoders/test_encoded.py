"""What every decoder of encoded frames has to do, on frames made by independent encoders."""

import zlib

import imagecodecs
import numpy as np
import pytest

from model.decoders.layout import PixelLayout
from model.decoders.registry import ENCAPSULATED, find_decoder
from model.errors import BadPixels
from model.limits import Limits
from tests.support.dicom_files import image, rle

JPEG = "1.2.840.10008.1.2.4."
ROWS, COLUMNS = 24, 18


def smooth(bits, dtype=np.uint16, samples=1):
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    top = 2**bits - 1
    planes = [(np.sin(x / 5 + s) + np.cos(y / 7) + 2) / 4 * top for s in range(samples)]
    return np.rint(np.stack(planes, -1) if samples > 1 else planes[0]).astype(dtype)


def deflate(pixels):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(pixels.tobytes()) + stream.flush()


def jpeg_2000(pixels):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0)


LOSSLESS = [
    ("1.2.840.10008.1.2.5", rle, smooth(16)),
    ("1.2.840.10008.1.2.5", rle, smooth(8, np.uint8)),
    ("1.2.840.10008.1.2.5", rle, smooth(8, np.uint8, 3)),
    ("1.2.840.10008.1.2.5", rle, smooth(32, np.uint32, 3)),
    ("1.2.840.10008.1.2.8.1", deflate, smooth(16)),
    (JPEG + "57", imagecodecs.ljpeg_encode, smooth(16)),
    (JPEG + "70", imagecodecs.ljpeg_encode, smooth(16)),
    (JPEG + "80", imagecodecs.jpegls_encode, smooth(16)),
    (JPEG + "80", imagecodecs.jpegls_encode, smooth(8, np.uint8, 3)),
    (JPEG + "90", jpeg_2000, smooth(16)),
    (JPEG + "90", jpeg_2000, smooth(15, np.int16) - 16000),
    (JPEG + "90", jpeg_2000, smooth(8, np.uint8, 3)),
    (JPEG + "201", imagecodecs.htj2k_encode, smooth(16)),
    (JPEG + "202", imagecodecs.htj2k_encode, smooth(15, np.int16) - 16000),
]


def layout_of(pixels, **elements):
    return PixelLayout.from_dataset(image(pixels, **elements), "PixelData", Limits())


@pytest.mark.parametrize(("syntax", "encode", "pixels"), LOSSLESS)
def test_lossless_frames_come_back_to_the_bit(syntax, encode, pixels):
    decoded = find_decoder(syntax)(encode(pixels), layout_of(pixels))

    np.testing.assert_array_equal(pixels, decoded.pixels.astype(pixels.dtype))
    assert pixels.dtype.itemsize * 8 == decoded.bits_stored
    assert decoded.high_bit == decoded.bits_stored - 1


@pytest.mark.parametrize(("bits", "syntax"), [(8, "50"), (8, "51"), (12, "51")])
def test_jpeg_frames_come_back_nearly(bits, syntax):
    pixels = smooth(bits, np.uint8 if bits == 8 else np.uint16)
    decoded = find_decoder(JPEG + syntax)(
        imagecodecs.jpeg8_encode(pixels, level=97, bitspersample=bits), layout_of(pixels)
    )

    assert bits == decoded.bits_stored
    assert np.abs(pixels.astype(int) - decoded.pixels.astype(int)).max() < 2**bits / 50


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_FULL"])
def test_colour_jpeg_becomes_its_luma(photometric):
    pixels = smooth(8, np.uint8, 3)
    encoded = imagecodecs.jpeg8_encode(pixels, level=97, colorspace="RGB", outcolorspace="YCBCR")
    decoded = find_decoder(JPEG + "50")(encoded, layout_of(pixels, PhotometricInterpretation=photometric))

    assert decoded.photometric_interpretation == "MONOCHROME2"
    assert np.abs(pixels @ [0.299, 0.587, 0.114] - decoded.pixels).max() < 4


def test_colours_that_the_header_calls_rgb_are_not_taken_for_ycbcr():
    pixels = smooth(8, np.uint8, 3)
    encoded = imagecodecs.jpeg8_encode(pixels, level=97, colorspace="RGB", outcolorspace="RGB")
    without_adobe = encoded.replace(b"Adobe", b"Adobx")
    decoded = find_decoder(JPEG + "50")(without_adobe, layout_of(pixels))

    assert np.abs(pixels @ [0.299, 0.587, 0.114] - decoded.pixels).max() < 6


def test_jpeg_2000_undoes_its_colour_transformation():
    pixels = smooth(8, np.uint8, 3)
    decoded = find_decoder(JPEG + "90")(
        imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0, mct=True),
        layout_of(pixels, PhotometricInterpretation="YBR_RCT"),
    )

    assert decoded.photometric_interpretation == "RGB"
    np.testing.assert_array_equal(pixels, decoded.pixels)


def test_near_lossless_jpeg_ls_stays_within_its_error():
    pixels = smooth(12)
    decoded = find_decoder(JPEG + "81")(imagecodecs.jpegls_encode(pixels, level=3), layout_of(pixels))

    assert np.abs(pixels.astype(int) - decoded.pixels.astype(int)).max() <= 3


@pytest.mark.parametrize(("syntax", "encode", "pixels"), LOSSLESS)
def test_a_frame_of_another_size_is_refused(syntax, encode, pixels):
    other = np.zeros((ROWS * 2, COLUMNS, *pixels.shape[2:]), pixels.dtype)

    with pytest.raises(BadPixels):
        find_decoder(syntax)(encode(pixels), layout_of(other))


@pytest.mark.parametrize("syntax", sorted(ENCAPSULATED))
@pytest.mark.parametrize(
    "data", [b"", b"\xff", bytes(200), b"\xff\xd8\xff\xd9", b"\xff\x4f\xff\x51" + bytes(50)]
)
def test_rubbish_is_bad_pixels(syntax, data):
    with pytest.raises(BadPixels):
        find_decoder(syntax)(data, layout_of(smooth(16)))


@pytest.mark.parametrize(
    ("syntax", "encode", "marker", "at"),
    [
        ("50", imagecodecs.jpeg8_encode, b"\xff\xc0", 5),
        ("70", imagecodecs.ljpeg_encode, b"\xff\xc3", 5),
        ("80", imagecodecs.jpegls_encode, b"\xff\xf7", 5),
        ("90", jpeg_2000, b"\xff\x51", 6),
        ("201", imagecodecs.htj2k_encode, b"\xff\x51", 6),
    ],
)
def test_a_small_header_lets_no_large_picture_in(syntax, encode, marker, at):
    pixels = smooth(8, np.uint8)
    frame = bytearray(encode(pixels))
    width = 4 if marker == b"\xff\x51" else 2
    place = frame.index(marker) + at
    frame[place : place + 2 * width] = (60000).to_bytes(width, "big") * 2

    with pytest.raises(BadPixels, match=r"another size than the header says|tiles that cannot be"):
        find_decoder(JPEG + syntax)(bytes(frame), layout_of(pixels))


def test_a_frame_of_another_kind_is_refused():
    pixels = smooth(8, np.uint8)
    for syntax, encode in [
        ("50", imagecodecs.ljpeg_encode),
        ("70", imagecodecs.jpeg8_encode),
        ("80", imagecodecs.jpeg8_encode),
    ]:
        with pytest.raises(BadPixels):
            find_decoder(JPEG + syntax)(encode(pixels), layout_of(pixels))


def test_a_damaged_high_throughput_frame_is_no_success(capfd):
    pixels = np.random.default_rng(0).integers(0, 65536, (256, 256), dtype=np.uint16)
    encoded = imagecodecs.htj2k_encode(pixels)
    middle = len(encoded) // 2
    damaged = encoded[:middle] + b"\xff" * 200 + encoded[middle + 200 :]

    with pytest.raises(BadPixels):
        find_decoder(JPEG + "201")(damaged, layout_of(pixels))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        ("50", imagecodecs.jpeg8_encode),
        ("70", imagecodecs.ljpeg_encode),
        ("80", imagecodecs.jpegls_encode),
        ("90", jpeg_2000),
        ("201", imagecodecs.htj2k_encode),
    ],
)
def test_a_cut_frame_is_no_success(syntax, encode):
    pixels = smooth(8, np.uint8)
    encoded = encode(pixels)
    decode = find_decoder(JPEG + syntax)
    decode(encoded + b"\x00\x00\xff\x00", layout_of(pixels))

    for size in range(len(encoded) // 2, len(encoded) - 2, 7):
        with pytest.raises(BadPixels):
            decode(encoded[:size], layout_of(pixels))


@pytest.mark.parametrize("place", [4, 8, 12, 60])
@pytest.mark.parametrize("offset", [0, 63, 2**31, 2**32 - 90])
def test_rle_offsets_that_lie_do_not_end_the_process(place, offset):
    pixels = smooth(16)
    frame = bytearray(rle(pixels))
    frame[place : place + 4] = np.array([offset], "<u4").tobytes()
    if place in (12, 60):  # offsets of segments that a frame of 16 bits does not have
        decoded = find_decoder("1.2.840.10008.1.2.5")(bytes(frame), layout_of(pixels))
        np.testing.assert_array_equal(pixels, decoded.pixels)
        return
    with pytest.raises(BadPixels):
        find_decoder("1.2.840.10008.1.2.5")(bytes(frame), layout_of(pixels))


def test_a_deflated_frame_never_grows_beyond_its_picture():
    bomb = deflate(np.zeros(1 << 27, np.uint8))
    pixels = np.zeros((ROWS, COLUMNS), np.uint8)
    decoded = find_decoder("1.2.840.10008.1.2.8.1")(bomb, layout_of(pixels))

    assert decoded.pixels.shape == (ROWS, COLUMNS)
