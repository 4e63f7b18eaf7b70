import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from model.decoders.raster import open_raster
from model.errors import BadPixels, TooLarge, Unreadable
from model.limits import Limits

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def saved(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def decode(data, kind="png"):
    return open_raster(data, kind, Limits()).decode()


def chunk(name, body):
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def bomb(side):
    header = struct.pack(">LLBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_grey_of_8_and_16_bits_is_as_it_is():
    for values, bits in ((RAMP, 8), (RAMP.astype(np.uint16) * 200, 16)):
        pixels, found = decode(saved(Image.fromarray(values)))
        np.testing.assert_array_equal(values, pixels)
        assert bits == found


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "LA", "RGBA"])
def test_other_modes_come_as_grey_or_rgb(mode):
    picture = Image.fromarray(np.where(RAMP > 100, 255, 0).astype(np.uint8)).convert(mode)
    pixels, bits = decode(saved(picture))

    grey = pixels if pixels.ndim == 2 else pixels[..., 1]
    np.testing.assert_array_equal(np.where(RAMP > 100, 255, 0), grey)
    assert bits == 8


def test_what_is_transparent_is_black():
    rgba = np.dstack([RAMP] * 3 + [np.where(RAMP > 100, 255, 0).astype(np.uint8)])
    pixels, _ = decode(saved(Image.fromarray(rgba)))

    np.testing.assert_array_equal(np.where(RAMP > 100, RAMP, 0), pixels[..., 0])


def test_a_transparent_grey_value_is_black():
    pixels, _ = decode(saved(Image.fromarray(RAMP), transparency=220))

    assert (pixels[2, 3, 0], pixels[2, 2, 0]) == (0, 200)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_exif_orientation_is_followed(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees clockwise to be upright
    picture = Image.fromarray(np.repeat(np.repeat(RAMP, 8, 0), 8, 1))
    pixels, _ = decode(saved(picture, kind.upper(), exif=exif), kind)
    upright = np.rot90(np.asarray(picture).astype(int), -1)

    assert upright.shape == pixels.shape
    assert np.abs(upright - pixels).mean() < 3


def test_malformed_exif_is_no_reason_to_refuse():
    pixels, _ = decode(saved(Image.fromarray(RAMP), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"))

    np.testing.assert_array_equal(RAMP, pixels)


def test_colour_jpeg_becomes_luma():
    colours = np.zeros((16, 16, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    pixels, _ = decode(saved(Image.fromarray(colours), "JPEG", quality=95), "jpeg")

    assert pixels.shape == (16, 16)
    assert np.abs(pixels - (0.299 * 200 + 0.587 * 100 + 0.114 * 50)).max() < 2


@pytest.mark.parametrize(
    ("encode", "bits"),
    [
        (lambda v: imagecodecs.jpeg8_encode(v, level=98, bitspersample=12), 12),
        (lambda v: imagecodecs.ljpeg_encode(v, bitspersample=12), 12),
    ],
)
def test_deep_jpeg_files_are_read(encode, bits):
    values = np.repeat(np.repeat(RAMP, 8, 0), 8, 1).astype(np.uint16) * 16
    pixels, found = decode(encode(values), "jpeg")

    assert bits == found
    assert np.abs(values.astype(int) - pixels.astype(int)).mean() < 20


@pytest.mark.parametrize("side", [9000, 13000, 20000, 65535])
def test_a_bomb_is_refused_before_it_is_decoded(side):
    with pytest.raises(TooLarge):
        open_raster(bomb(side), "png", Limits())


def test_a_text_bomb_is_refused():
    plain = saved(Image.fromarray(RAMP))
    text = b"k\x00\x00" + zlib.compress(bytes(1 << 26))
    at = plain.index(b"IDAT") - 4

    with pytest.raises(Unreadable):
        open_raster(plain[:at] + chunk(b"zTXt", text) + plain[at:], "png", Limits())


def test_other_formats_are_not_opened_under_our_names():
    tiff = saved(Image.fromarray(RAMP), "TIFF")

    for kind in ("png", "jpeg"):
        with pytest.raises(Unreadable):
            open_raster(tiff, kind, Limits())


def test_damaged_pixels_are_bad():
    data = bytearray(
        saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (99, 99), dtype=np.uint8)))
    )
    data[len(data) // 2] ^= 0xFF

    with pytest.raises(BadPixels):
        decode(bytes(data))
