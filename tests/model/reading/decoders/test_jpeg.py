import base64
import io
import subprocess

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from model.reading.decode import open_scan
from model.reading.decoders.registry import find_decoder
from model.reading.limits import Limits
from tests.support.deadlines import scaled
from tests.support.dicom_files import native
from tests.support.encoded import JPEG, layout_of, smooth
from tests.support.peers import needs_dcmtk, stored_values, unpack

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
