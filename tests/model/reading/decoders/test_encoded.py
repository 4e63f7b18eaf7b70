"""What every decoder of encoded frames has to do, on frames made by independent encoders."""

import base64
import io
import subprocess
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from model.errors import BadHeader, BadPixels
from model.reading.decode import open_scan
from model.reading.decoders.layout import PixelLayout
from model.reading.decoders.registry import ENCAPSULATED, find_decoder
from model.reading.limits import Limits
from model.reading.prepare import open_pictures
from tests.support.deadlines import scaled
from tests.support.dicom_files import encapsulated, image, native, rle
from tests.support.peers import needs_dcmtk, stored_values, unpack

JPEG = "1.2.840.10008.1.2.4."
ROWS, COLUMNS = 24, 18
# by cjpeg of libjpeg-turbo 2.1.5, quality 90: x * 10 + y * 12, 16 columns and 8 rows
ARITHMETIC = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUV"
    "DA8XGBYUGBIUFRT/yQALCAAIABABAREA/8wABgAQEAX/2gAIAQEAAD8A/wDY7/qGyDBYo5TwKVzltY29Wf/Z"
)
ARITHMETIC_PROGRESSIVE = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUV"
    "DA8XGBYUGBIUFRT/ygALCAAIABABAREA/8wABAAQ/9oACAEBAAAAAf8AscDc/8wABBAF/9oACAEBAAEFAhY0UTkMUP/MAAQQBf/aAAgB"
    "AQAGPwIK8JT/zAAEEAX/2gAIAQEAAT8hqOT/2gAIAQEAAAAQ/8wABBAF/9oACAEBAAE/ENLykM6w/9k="
)


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


def jpeg_xl(pixels, **options):
    return imagecodecs.jpegxl_encode(pixels, lossless=True, **options)


LOSSLESS = [
    ("1.2.840.10008.1.2.5", rle, smooth(16)),
    ("1.2.840.10008.1.2.5", rle, smooth(8, np.uint8)),
    ("1.2.840.10008.1.2.5", rle, smooth(8, np.uint8, 3)),
    ("1.2.840.10008.1.2.5", rle, smooth(32, np.uint32, 3)),
    ("1.2.840.10008.1.2.8.1", deflate, smooth(16)),
    ("1.2.840.10008.1.2.1.98", np.ndarray.tobytes, smooth(16)),
    ("1.2.840.10008.1.2.1.98", np.ndarray.tobytes, smooth(8, np.uint8, 3)),
    (JPEG + "110", jpeg_xl, smooth(16)),
    (JPEG + "110", jpeg_xl, smooth(8, np.uint8, 3)),
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


EXACT = [
    (JPEG + "70", imagecodecs.ljpeg_encode),
    (JPEG + "80", imagecodecs.jpegls_encode),
    (JPEG + "90", jpeg_2000),
    (JPEG + "91", jpeg_2000),
    (JPEG + "201", imagecodecs.htj2k_encode),
]


@pytest.mark.parametrize(("syntax", "encode"), EXACT)
def test_rubbish_above_the_bits_stored_is_no_part_of_the_picture(syntax, encode):
    """Break it: believe the codestream's precision. DCMTK shows the picture beneath, and so do we."""
    sound = smooth(12)
    rubbish = sound | np.random.default_rng(9).integers(0, 16, sound.shape).astype(np.uint16) << 12
    decoded = find_decoder(syntax)(encode(rubbish), layout_of(rubbish, BitsStored=12, HighBit=11))

    assert (decoded.bits_stored, decoded.high_bit) == (12, 11)
    np.testing.assert_array_equal(sound, decoded.pixels & 0xFFF)
    shown = [one for data in (rubbish, sound) for one in open_pictures(file_of(data, encode, syntax))]
    np.testing.assert_array_equal(*shown)


def file_of(pixels, encode, syntax):
    window = {"WindowCenter": "2048", "WindowWidth": "4096"}
    return encapsulated(pixels, [encode(pixels)], syntax, BitsStored=12, HighBit=11, **window)


def test_a_codestream_of_fewer_bits_than_the_header_is_believed():
    pixels = smooth(16)
    layout = layout_of(pixels, BitsStored=16, HighBit=15)
    decoded = find_decoder(JPEG + "70")(imagecodecs.ljpeg_encode(smooth(12), bitspersample=12), layout)

    assert (decoded.bits_stored, decoded.high_bit) == (12, 11)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        ("81", lambda pixels: imagecodecs.jpegls_encode(pixels, level=5)),
        ("91", lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", level=45)),
    ],
    ids=["near", "irreversible"],
)
def test_white_that_a_lossy_frame_carries_too_far_does_not_become_black(syntax, encode):
    pixels = np.minimum(smooth(12) * 2, 4095).astype(np.uint16)
    decoded = find_decoder(JPEG + syntax)(encode(pixels), layout_of(pixels, BitsStored=12, HighBit=11))

    assert (decoded.bits_stored, decoded.high_bit) == (16, 15)


@needs_dcmtk
@pytest.mark.parametrize(("syntax", "encode"), EXACT[:2])
def test_dcmtk_shows_what_is_beneath_the_rubbish(tmp_path, syntax, encode):
    sound = smooth(12)
    data = file_of(sound | 0xA000, encode, syntax)
    made, shown = tmp_path / "made.dcm", tmp_path / "shown.png"
    made.write_bytes(data)
    plain = unpack("dcmtk", made, syntax, tmp_path)
    subprocess.run(
        ["dcm2pnm", "+Wi", "1", "+on", plain, shown], check=True, timeout=scaled(30), capture_output=True
    )
    (mine,) = open_pictures(data)

    assert np.abs(np.asarray(Image.open(shown)).astype(int) - mine / 257).max() <= 1


@pytest.mark.parametrize(("bits", "syntax"), [(8, "50"), (8, "51"), (12, "51")])
def test_jpeg_frames_come_back_nearly(bits, syntax):
    pixels = smooth(bits, np.uint8 if bits == 8 else np.uint16)
    decoded = find_decoder(JPEG + syntax)(
        imagecodecs.jpeg8_encode(pixels, level=97, bitspersample=bits), layout_of(pixels)
    )

    assert bits == decoded.bits_stored
    assert np.abs(pixels.astype(int) - decoded.pixels.astype(int)).max() < 2**bits / 50


@pytest.mark.parametrize("syntax", ["53", "55", "51"])
def test_progressive_jpeg_frames_come_back_nearly(syntax):
    pixels, buffer = smooth(8, np.uint8), io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=97, progressive=True)
    decoded = find_decoder(JPEG + syntax)(buffer.getvalue(), layout_of(pixels))

    assert b"\xff\xc2" in buffer.getvalue()
    assert np.abs(pixels.astype(int) - decoded.pixels).max() < 5


@pytest.mark.parametrize(("syntax", "encoded"), [("52", ARITHMETIC), ("56", ARITHMETIC_PROGRESSIVE)])
def test_arithmetic_jpeg_frames_come_back_nearly(syntax, encoded):
    y, x = np.mgrid[0:8, 0:16]
    pixels = (x * 10 + y * 12).astype(np.uint8)
    decoded = find_decoder(JPEG + syntax)(base64.b64decode(encoded), layout_of(pixels))

    assert np.abs(pixels.astype(int) - decoded.pixels).max() < 5


@needs_dcmtk
@pytest.mark.parametrize(("option", "syntax"), [("+es", "53"), ("+ep", "55")])
@pytest.mark.parametrize("bits", [8, 12])
def test_progressive_frames_of_dcmtk_are_read_as_dcmtk_reads_them(tmp_path, option, syntax, bits):
    pixels = smooth(bits, np.uint8 if bits == 8 else np.uint16)
    plain, made = tmp_path / "plain.dcm", tmp_path / "made.dcm"
    plain.write_bytes(native(pixels, BitsStored=bits, HighBit=bits - 1))
    subprocess.run(["dcmcjpeg", option, "+q", "97", plain, made], check=True, timeout=scaled(30))
    scan = open_scan(made.read_bytes(), Limits())
    (frame,) = scan.frames()
    theirs = stored_values(unpack("dcmtk", made, JPEG + syntax, tmp_path))

    assert scan.header.transfer_syntax_uid == JPEG + syntax
    assert frame.display.bits_stored == bits
    assert np.abs(theirs[0] - frame.stored).max() <= 1


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_jpeg_xl_keeps_the_bits_of_its_header(bits):
    pixels = smooth(bits, np.uint8 if bits == 8 else np.uint16)
    decoded = find_decoder(JPEG + "110")(jpeg_xl(pixels, bitspersample=bits), layout_of(pixels))

    np.testing.assert_array_equal(pixels, decoded.pixels)
    assert (decoded.bits_stored, decoded.high_bit) == (bits, bits - 1)


@pytest.mark.parametrize(("bits", "samples"), [(8, 1), (12, 1), (8, 3)])
def test_lossy_jpeg_xl_comes_back_nearly(bits, samples):
    pixels = smooth(bits, np.uint8 if bits == 8 else np.uint16, samples)
    encoded = imagecodecs.jpegxl_encode(pixels, distance=0.5, bitspersample=bits)
    header = {"PhotometricInterpretation": "XYB"} if samples == 3 else {}
    decoded = find_decoder(JPEG + "112")(encoded, layout_of(pixels, **header))

    assert decoded.photometric_interpretation == ("RGB" if samples == 3 else "MONOCHROME2")
    assert np.abs(pixels.astype(int) - decoded.pixels.astype(int)).max() < 2**bits / 20


@pytest.mark.parametrize("samples", [1, 3])
def test_jpeg_that_became_jpeg_xl_is_what_it_was(samples):
    pixels = smooth(8, np.uint8, samples)
    jpeg = imagecodecs.jpeg8_encode(pixels, level=95)
    header = {"PhotometricInterpretation": "YBR_FULL_422"} if samples == 3 else {}
    decoded = find_decoder(JPEG + "111")(imagecodecs.jpegxl_encode_jpeg(jpeg), layout_of(pixels, **header))

    assert np.abs(imagecodecs.jpeg8_decode(jpeg).astype(int) - decoded.pixels.astype(int)).max() <= 2


def test_jpeg_xl_has_no_signed_values():
    with pytest.raises(BadHeader):
        find_decoder(JPEG + "110")(jpeg_xl(smooth(16)), layout_of(smooth(15, np.int16)))


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
        ("110", jpeg_xl),
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
