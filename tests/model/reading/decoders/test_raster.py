import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from model.errors import Unreadable
from model.reading.decoders.raster import open_raster
from model.reading.limits import Limits

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def saved(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def decode(data, kind="png"):
    picture = open_raster(data, kind, Limits()).decode()
    return picture.values, picture.bits


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_exif_orientation_is_followed(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees clockwise to be upright
    picture = Image.fromarray(np.repeat(np.repeat(RAMP, 8, 0), 8, 1))
    pixels, _ = decode(saved(picture, kind.upper(), exif=exif), kind)
    upright = np.rot90(np.asarray(picture).astype(int), -1)

    assert upright.shape == pixels.shape
    assert np.abs(upright - pixels).mean() < 3


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_malformed_exif_is_no_reason_to_refuse():
    flat = Image.new("L", (8, 8), 99)
    pixels, _ = decode(saved(flat, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"), "jpeg")

    assert np.abs(pixels.astype(int) - 99).max() <= 1


COLOURS = [(200, 100, 50), (0, 0, 255), (255, 255, 255), (0, 0, 0), (10, 250, 128)]


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
@pytest.mark.parametrize("is_progressive", [False, True])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_file_becomes_its_luma(mode, is_progressive, colour):
    picture = Image.new("RGB", (16, 16), colour).convert(mode)
    pixels, bits = decode(saved(picture, "JPEG", quality=95, progressive=is_progressive), "jpeg")
    grey = pixels if pixels.ndim == 2 else pixels @ [0.299, 0.587, 0.114]

    assert bits == 8
    assert np.abs(grey - np.dot(colour, [0.299, 0.587, 0.114])).max() < 3


def test_colours_that_were_not_turned_to_ycbcr_become_luma():
    pixels = np.zeros((16, 16, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    found, _ = decode(
        imagecodecs.jpeg8_encode(pixels, level=97, colorspace="RGB", outcolorspace="RGB"), "jpeg"
    )

    assert np.abs(found.astype(int) - (0.299 * 200 + 0.587 * 100 + 0.114 * 50)).max() < 3


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


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_lossless_jpeg_file_is_read_by_the_faster_decoder_as_a_frame_is(bits, monkeypatch):
    """Break it: choose another decoder than `model.reading.decoders.jpeg_lossless` does; twice the time."""
    monkeypatch.delattr(imagecodecs, "jpegsof3_decode")
    random = np.random.default_rng(bits)
    values = random.integers(0, 1 << bits, (33, 47)).astype(np.uint8 if bits == 8 else np.uint16)
    data = imagecodecs.jpeg8_encode(values, lossless=True, predictor=6, bitspersample=bits)
    pixels, found = decode(data, "jpeg")

    assert bits == found
    assert np.array_equal(values, pixels)


def test_other_formats_are_not_opened_under_our_names():
    tiff = saved(Image.fromarray(RAMP), "TIFF")

    for kind in ("png", "jpeg"):
        with pytest.raises(Unreadable):
            open_raster(tiff, kind, Limits())
