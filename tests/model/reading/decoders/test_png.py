import io
import struct
import tracemalloc
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from model.errors import BadPixels, TooLarge, Unreadable
from model.reading.decoders.png import decode_png, read_png_header
from model.reading.decoders.raster import open_raster
from model.reading.limits import Limits

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
DEEP = (np.arange(12).reshape(3, 4) * 5003).astype(np.uint16)
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def decoded(data):
    """Give the values of a PNG file, and the bits of them that count."""
    picture = decode_png(data)
    return picture.values, picture.bits


def chunk(name, body):
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def lines(values, bits):
    """Pack values of so many bits as lines without a filter."""
    single = (values.reshape(len(values), -1, 1).astype(int) >> np.arange(bits)[::-1]) & 1
    return b"".join(b"\x00" + np.packbits(line.reshape(-1)).tobytes() for line in single)


def png(values, bits, colour, *chunks, is_interlaced=False):
    """Write a PNG by the letter: values of shape (rows, columns) or (rows, columns, samples)."""
    rows, columns = values.shape[:2]
    header = struct.pack(">LLBBBBB", columns, rows, bits, colour, 0, 0, is_interlaced)
    passes = (
        [values[top::down, left::right] for top, left, down, right in ADAM7] if is_interlaced else [values]
    )
    pixels = b"".join(lines(part, bits) for part in passes if part.size)
    body = chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def gamma(value):
    return chunk(b"gAMA", struct.pack(">L", round(value * 100_000)))


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("is_interlaced", [False, True])
def test_grey_of_every_depth_goes_from_black_to_white(bits, is_interlaced):
    values = np.random.default_rng(bits).integers(0, 1 << bits, (13, 11))
    pixels, found = decoded(png(values, bits, 0, is_interlaced=is_interlaced))

    assert found == max(bits, 8)
    np.testing.assert_array_equal(values * ((1 << found) - 1) // ((1 << bits) - 1), pixels)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("is_interlaced", [False, True])
def test_colours_keep_their_depth(bits, is_interlaced):
    values = np.random.default_rng(bits).integers(0, 1 << bits, (9, 10, 3))
    pixels, found = decoded(png(values, bits, 2, is_interlaced=is_interlaced))

    assert (found, pixels.dtype.itemsize) == (bits, bits // 8)
    np.testing.assert_array_equal(values, pixels)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("colour", [4, 6])
def test_what_is_transparent_is_laid_over_black(bits, colour):
    values = np.random.default_rng(bits).integers(0, 1 << bits, (9, 10, SAMPLES[colour]))
    pixels, found = decoded(png(values, bits, colour))
    expected = values[..., :-1] * (values[..., -1:] / ((1 << bits) - 1))

    assert bits == found
    assert np.abs(np.squeeze(expected) - pixels).max() <= 0.5


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_is_looked_up(bits):
    palette = np.random.default_rng(bits).integers(0, 256, (1 << bits, 3), dtype=np.uint8)
    values = np.random.default_rng(bits).integers(0, 1 << bits, (5, 7))
    plain, _ = decoded(png(values, bits, 3, chunk(b"PLTE", palette.tobytes())))
    clear, _ = decoded(png(values, bits, 3, chunk(b"PLTE", palette.tobytes()), chunk(b"tRNS", b"\x00")))

    np.testing.assert_array_equal(palette[values], plain)
    np.testing.assert_array_equal(np.where((values == 0)[..., None], 0, palette[values]), clear)


@pytest.mark.parametrize(("values", "bits"), [(RAMP, 8), (DEEP, 16)])
def test_a_transparent_grey_value_is_black(values, bits):
    pixels, _ = decoded(png(values, bits, 0, chunk(b"tRNS", struct.pack(">H", values[2, 3]))))

    np.testing.assert_array_equal(np.where(values == values[2, 3], 0, values), pixels)


@pytest.mark.parametrize(("values", "bits"), [(RAMP, 8), (DEEP, 16)])
@pytest.mark.parametrize("encoded", [1.0, 0.5, 1 / 1.8])
def test_a_gamma_that_is_not_a_displays_is_corrected(values, bits, encoded):
    pixels, found = decoded(png(values, bits, 0, gamma(encoded)))
    light = (values / ((1 << bits) - 1)) ** (1 / encoded)

    assert found == 16
    assert np.abs(light ** (1 / 2.2) * 65535 - pixels).max() < 3


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [gamma(0.45455)],
        [gamma(0)],
        [chunk(b"gAMA", b"\x00")],
        [gamma(1.0), chunk(b"sRGB", b"\x00")],
        [chunk(b"iCCP", b"p\x00\x00" + zlib.compress(bytes(200))), gamma(1.0)],
    ],
)
def test_other_gammas_change_nothing(chunks):
    pixels, bits = decoded(png(RAMP, 8, 0, *chunks))

    np.testing.assert_array_equal(RAMP, pixels)
    assert bits == 8


def test_a_gamma_comes_before_transparency():
    values = np.stack([RAMP, np.full_like(RAMP, 128)], -1)
    pixels, _ = decoded(png(values, 8, 4, gamma(1.0)))

    assert np.abs((RAMP / 255) ** (1 / 2.2) * 65535 * 128 / 255 - pixels).max() < 1


def test_exif_orientation_is_followed():
    exif = struct.pack("<2sHLHHHLLL", b"II", 42, 8, 1, 0x0112, 3, 1, 6, 0)
    pixels, _ = decoded(png(RAMP, 8, 0, chunk(b"eXIf", exif)))

    np.testing.assert_array_equal(np.rot90(RAMP, -1), pixels)


def test_malformed_exif_is_no_reason_to_refuse():
    pixels, _ = decoded(png(RAMP, 8, 0, chunk(b"eXIf", b"II*\x00\xff\xff\xff\xff")))

    np.testing.assert_array_equal(RAMP, pixels)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "I;16"])
def test_pillow_writes_what_we_read(mode):
    picture = Image.fromarray(DEEP if mode == "I;16" else RAMP).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    pixels, bits = decoded(buffer.getvalue())
    expected = np.asarray(picture.convert("RGB") if mode in ("P", "RGB", "RGBA") else picture)

    np.testing.assert_array_equal(
        expected[..., 0] if mode == "LA" else expected * (255 if mode == "1" else 1), pixels
    )
    assert bits == (16 if mode == "I;16" else 8)


def test_colours_of_16_bits_of_another_encoder_come_back():
    values = np.random.default_rng(1).integers(0, 65536, (6, 7, 3), dtype=np.uint16)

    np.testing.assert_array_equal(values, decoded(imagecodecs.png_encode(values))[0])


@pytest.mark.parametrize("side", [9000, 13000, 20000, 65535, 1 << 31])
def test_a_bomb_is_refused_before_it_is_decoded(side):
    data = bytearray(png(RAMP, 8, 0))
    struct.pack_into(">LL", data, 16, side, side)

    with pytest.raises(TooLarge):
        open_raster(bytes(data), "png", Limits())


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_text_is_never_inflated(name, capfd):
    text = chunk(name, b"k\x00\x00" + zlib.compress(bytes(1 << 26)))
    data = png(RAMP, 8, 0, *[text] * 5)
    tracemalloc.start()
    try:
        np.testing.assert_array_equal(RAMP, decoded(data)[0])
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT", b"tRNS", b"gAMA", b"IEND"])
def test_a_wrong_checksum_is_bad_pixels(name):
    data = bytearray(png(RAMP, 8, 0, gamma(1), chunk(b"tRNS", b"\x00\x01")))
    place = data.index(name)
    data[place + 4 + int.from_bytes(data[place - 4 : place], "big")] ^= 1

    with pytest.raises(BadPixels):
        decode_png(bytes(data))


def test_a_wrong_checksum_of_what_nobody_reads_is_none():
    text = bytearray(chunk(b"tEXt", b"k\x00v"))
    text[-1] ^= 1

    np.testing.assert_array_equal(RAMP, decoded(png(RAMP, 8, 0, bytes(text)))[0])


@pytest.mark.parametrize(
    "pixels",
    [
        b"",
        zlib.compress(lines(RAMP, 8))[:-8],
        zlib.compress(lines(RAMP[:2], 8)),
        zlib.compress(b"\x09abcd" * 3),
    ],
)
def test_damaged_pixels_are_bad(pixels):
    header = chunk(b"IHDR", struct.pack(">LLBBBBB", 4, 3, 8, 0, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")

    with pytest.raises(BadPixels):
        decode_png(data)


@pytest.mark.parametrize(("place", "value"), [(24, 3), (24, 32), (25, 1), (25, 7), (26, 1), (27, 1), (28, 2)])
def test_a_header_that_png_does_not_know_is_unreadable(place, value):
    data = bytearray(png(RAMP, 8, 0))
    data[place] = value

    with pytest.raises(Unreadable):
        read_png_header(bytes(data))


def test_a_header_says_size_and_depth():
    found = read_png_header(png(DEEP, 16, 0))

    assert (found.rows, found.columns, found.bits) == (3, 4, 16)


@pytest.mark.parametrize("colour", [0, 2, 6], ids=["grey", "colour", "transparent"])
def test_a_png_of_apple_s_kind_is_refused_by_its_name(colour):
    values = np.repeat(RAMP[..., None], SAMPLES[colour], axis=2)
    data = png(values, 8, colour)
    apple = data[:8] + chunk(b"CgBI", b"\x50\x00\x20\x02") + data[8:]

    with pytest.raises(Unreadable, match="CgBI"):
        read_png_header(apple)
