"""What every decoder of encoded frames has to do, on frames made by independent encoders."""

import subprocess

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from model.errors import BadPixels
from model.reading.decoders.registry import ENCAPSULATED, find_decoder
from model.reading.prepare import open_pictures
from tests.support.deadlines import scaled
from tests.support.dicom_files import encapsulated, rle
from tests.support.encoded import COLUMNS, JPEG, ROWS, deflate, jpeg_2000, jpeg_xl, layout_of, smooth
from tests.support.peers import needs_dcmtk, unpack

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


def test_jpeg_2000_undoes_its_colour_transformation():
    pixels = smooth(8, np.uint8, 3)
    decoded = find_decoder(JPEG + "90")(
        imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0, mct=True),
        layout_of(pixels, PhotometricInterpretation="YBR_RCT"),
    )

    assert decoded.photometric_interpretation == "RGB"
    np.testing.assert_array_equal(pixels, decoded.pixels)


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
