"""Small files that ask for a great deal: memory, time, or both."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
from PIL import Image

from tests.support.dicom_files import encapsulated, native

DEFLATED = "1.2.840.10008.1.2.1.99"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"
RLE = "1.2.840.10008.1.2.5"
JPEG = "1.2.840.10008.1.2.4."
_GREY = np.zeros((32, 32), np.uint16)
_SIDE = 7900  # 62 megapixels: as large as a frame may be
_CHUNK = 1 << 24


def deflate_stream(megabytes, pattern=b"\0"):
    """Deflate so many times a MiB of a repeated pattern; its block is repeated, not made anew."""
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = stream.compress(pattern * (_CHUNK // len(pattern))) + stream.flush(zlib.Z_FULL_FLUSH)
    return block * max(1, (megabytes << 20) // _CHUNK) + stream.flush(zlib.Z_FINISH)


def deflated_file(body):
    """Put a deflate stream behind the File Meta Information of a deflated file."""
    sound = native(_GREY, DEFLATED)
    return sound[: 144 + int.from_bytes(sound[140:144], "little")] + body


def deflated_text(megabytes):
    """Give a sound deflated file whose Patient ID is an unlimited text, of so many MiB."""
    sound = native(_GREY)
    start = 144 + int.from_bytes(sound[140:144], "little")
    place = sound.index(b"\x28\x00\x02\x00US")
    text = struct.pack("<HH2s2xL", 0x0010, 0x0020, b"UT", megabytes << 20) + b"A" * (megabytes << 20)
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    body = stream.compress(sound[start:place] + text + sound[place:]) + stream.flush()
    return deflated_file(body + bytes(len(body) % 2))


def png_chunk(name, body):
    """Give a chunk with its length and its checksum."""
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def black_png(side, bits=1, colour=0):
    """Give a sound PNG, all black."""
    header = png_chunk(b"IHDR", struct.pack(">LLBBBBB", side, side, bits, colour, 0, 0, 0))
    line = 1 + (side * bits * {0: 1, 2: 3, 4: 2, 6: 4}[colour] + 7) // 8
    stream = zlib.compressobj(9)
    pixels = b"".join(stream.compress(bytes(line)) for _ in range(side)) + stream.flush()
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


def png_with_text(name, megabytes):
    """Put a text that inflates to so much behind the header of a sound PNG."""
    sound = black_png(16, 8)
    text = zlib.compress(bytes(megabytes << 20), 9)
    before = b"key\x00\x00" if name == b"zTXt" else b"key\x00\x01\x00\x00\x00"
    return sound[:33] + png_chunk(name, before + text) + sound[33:]


def frames_of(one, number, syntax, pixels, **elements):
    """Repeat one encoded frame."""
    return encapsulated(pixels, [one] * number, syntax, NumberOfFrames=number, **elements)


def many_scans(side, scans):
    """Give a progressive JPEG whose first scans are repeated: each is a walk over the whole picture."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 77).save(buffer, "JPEG", progressive=True, quality=5)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    head = data.rindex(b"\xff\xc4", 0, last)
    return data[:-2] + data[head:-2] * scans + data[-2:]


def million_scans():
    """Give 4 MB of a JPEG that begins a scan every four bytes, and never ends one."""
    return black_jpeg(16)[:-2] + b"\xff\xda\x00\x02" * 1_000_000


def black_jpeg(side):
    """Give a sound JPEG, all black."""
    return _jpeg(np.zeros((side, side), np.uint8))


def frames_of_scans(side, scans, number):
    """Give many small frames, each of which is walked over again and again."""
    pixels = np.zeros((side, side), np.uint8)
    return frames_of(many_scans(side, scans), number, JPEG + "55", pixels)


def nested(depth, *, has_end=False):
    """Give sequences within sequences, of undefined length, early in a sound file; they may have no end."""
    start = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\x00\x00\x00\x00" + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    data = native(_GREY)
    place = data.index(b"\x08\x00\x60\x00CS") + 10
    return data[:place] + start * depth + end * (depth if has_end else 0) + data[place:]


EXPECTED = {
    "deflated_2_gb": {"too_large"},
    "deflated_padded": {"unreadable"},  # the slow lane inflates it, and finds too many elements
    "deflated_and_rubbish": {"unreadable"},
    "deflated_text": {"classified"},
    "deflated_elements": {"too_large"},
    "deflated_frame_1_gb": {"classified"},  # only the bytes that its frame needs are inflated
    "frames_31_gp": {"too_large"},
    "frames_62_mp": {"classified", "deadline"},
    "frames_9999": {"too_large"},
    "native_size": {"too_large"},
    "jpeg_2000_62_mp": {"classified", "deadline"},
    "jpeg_ls_62_mp": {"classified"},
    "jpeg_lossless_62_mp": {"classified", "deadline"},
    "htj2k_62_mp": {"classified"},
    "jpeg_xl_62_mp": {"classified", "deadline"},
    "jpeg_62_mp": {"classified"},
    "jpeg_scans": {"too_large"},
    "jpeg_scans_million": {"too_large"},
    "jpeg_scans_frames": {"classified", "deadline"},
    "nested_100000": {"unreadable", "truncated"},
    "png_20000": {"too_large"},
    "png_62_mp": {"classified", "deadline", "out_of_memory"},
    "png_text": {"bad_pixels", "unreadable", "classified"},
}
"""What each kind may end as: its error code, or its outcome. What is large may be read in time, or not."""

FRAMES = {"frames_62_mp": 30, "jpeg_scans_frames": 500}
"""Of those that lengthen their deadline by them."""


def kinds():
    """Give one bomb of each kind, by name; some MB of them together."""
    large, flat = np.zeros((_SIDE, _SIDE), np.uint16), np.zeros((_SIDE, _SIDE), np.uint8)
    small = np.zeros((512, 512), np.uint8)
    elements = struct.pack("<HH2sHH", 0x0009, 0x1010, b"US", 2, 7)
    frame = deflate_stream(-(-_SIDE * _SIDE // _CHUNK) * 16)
    return {
        "deflated_2_gb": deflated_file(deflate_stream(2048)),
        "deflated_padded": deflated_file(deflate_stream(160, elements) + b"\0"),
        "deflated_and_rubbish": deflated_file(deflate_stream(160, elements) + b"\xff" * (1 << 20)),
        "deflated_text": deflated_text(90),
        "deflated_elements": deflated_file(deflate_stream(960, elements)),
        "deflated_frame_1_gb": encapsulated(_GREY, [deflate_stream(1024)], DEFLATED_FRAME),
        "frames_31_gp": frames_of(frame, 500, DEFLATED_FRAME, flat),
        "frames_62_mp": frames_of(frame, FRAMES["frames_62_mp"], DEFLATED_FRAME, flat),
        "frames_9999": frames_of(imagecodecs.packbits_encode(small[0]), 9999, RLE, small),
        "native_size": native(_GREY, Rows=65535, Columns=65535),
        "jpeg_2000_62_mp": encapsulated(
            large,
            [imagecodecs.jpeg2k_encode(large, codecformat="j2k", reversible=True, level=0)],
            JPEG + "90",
        ),
        "jpeg_ls_62_mp": encapsulated(large, [imagecodecs.jpegls_encode(large)], JPEG + "80"),
        "jpeg_lossless_62_mp": encapsulated(large, [imagecodecs.ljpeg_encode(large)], JPEG + "70"),
        "htj2k_62_mp": encapsulated(large, [imagecodecs.htj2k_encode(large)], JPEG + "201"),
        "jpeg_xl_62_mp": encapsulated(
            large, [imagecodecs.jpegxl_encode(large, lossless=True, effort=1)], JPEG + "110"
        ),
        "jpeg_62_mp": black_jpeg(_SIDE),
        "jpeg_scans": many_scans(_SIDE, 2000),
        "jpeg_scans_million": million_scans(),
        "jpeg_scans_frames": frames_of_scans(300, 450, FRAMES["jpeg_scans_frames"]),
        "nested_100000": nested(100_000),
        "png_20000": black_png(20_000),
        "png_62_mp": black_png(_SIDE, 16, 6),
        "png_text": png_with_text(b"zTXt", 400),
    }


def _jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()
