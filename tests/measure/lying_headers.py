"""One radiograph as files whose headers lie, kind by kind, beside sound files of it.

A film is an ndarray, shape (rows, columns), uint16, whose 12 bits are what a viewer shows, black to white.
"""

import struct
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    XRayAngiographicImageStorage,
)

from tests.support.dicom_files import encapsulated, image, native, rle, to_bytes

Film = NDArray[np.uint16]
Kind = Callable[[Film], bytes]

DX: Final[dict[str, Any]] = {"SOPClassUID": DigitalXRayImageStorageForPresentation, "Modality": "DX"}
TWELVE: Final[dict[str, Any]] = DX | {"BitsStored": 12, "HighBit": 11}
WHOLE_RANGE: Final[dict[str, Any]] = TWELVE | {"WindowCenter": 2048, "WindowWidth": 4096}


def grey(film: Film) -> NDArray[np.uint8]:
    """Give the film in 8 bits."""
    return (film >> 4).astype(np.uint8)


def rgb(film: Film) -> NDArray[np.uint8]:
    """Give it as three equal colours."""
    return np.stack([grey(film)] * 3, axis=-1)


def ybr(film: Film) -> NDArray[np.uint8]:
    """Give it as luma with the chroma of grey."""
    plain = grey(film)
    return np.stack([plain, np.full_like(plain, 128), np.full_like(plain, 128)], axis=-1)


def table(entries: NDArray[np.int64], first: int, bits: int, first_as: str = "US") -> Sequence:
    """Make the sequence of one look-up table."""
    item = Dataset()
    item.add_new("LUTDescriptor", first_as, [len(entries) % 65536, first, bits])
    item.add_new("LUTData", "US", entries.tolist())
    return Sequence([item])


def ramp(largest: int) -> NDArray[np.int64]:
    """Give a table of 4,096 entries from black to the largest."""
    return np.linspace(0, largest, 4096).astype(np.int64)


def colour_jpeg(film: Film, label: str, subsampling: str | None) -> bytes:
    """Encode as colours with a JFIF header, YCbCr inside."""
    frame = imagecodecs.jpeg8_encode(rgb(film), level=98, subsampling=subsampling)
    return encapsulated(rgb(film), [frame], JPEGBaseline8Bit, PhotometricInterpretation=label, **DX)


def lossless(film: Film, *, behind: bytes = b"", **elements: Any) -> bytes:
    """Encode as lossless JPEG."""
    frame = imagecodecs.ljpeg_encode(film, bitspersample=12) + behind
    return encapsulated(film, [frame], JPEGLosslessSV1, **(WHOLE_RANGE | elements))


def jpeg_ls(film: Film, *, behind: bytes = b"") -> bytes:
    """Encode as JPEG-LS."""
    return encapsulated(film, [imagecodecs.jpegls_encode(film) + behind], JPEGLSLossless, **WHOLE_RANGE)


def rle_surplus(film: Film) -> bytes:
    """Encode as RLE whose last segment decodes to one byte more."""
    frame = rle(film.astype("<u2")) + b"\x00\x07"
    return encapsulated(film, [frame], RLELossless, **WHOLE_RANGE)


def fluoroscopy(film: Film, **elements: Any) -> bytes:
    """Make an XA image, whose Modality LUT is not for display."""
    return native(film, **(WHOLE_RANGE | {"SOPClassUID": XRayAngiographicImageStorage} | elements))


def padded(film: Film) -> bytes:
    """Make signed pixels with a border of padding, whose value is written in the VR of the other sign."""
    pixels = film.astype(np.int16) - 2048
    pixels[:2] = -30000
    dataset = image(pixels, **(TWELVE | {"BitsStored": 16, "HighBit": 15}), WindowCenter=0, WindowWidth=4096)
    dataset.add_new("PixelPaddingValue", "US", 35536)
    return to_bytes(dataset)


def wrong_offsets(film: Film, offset: int) -> bytes:
    """Encode as lossless JPEG with a wrong Basic Offset Table."""
    data = bytearray(lossless(film))
    at = data.rindex(struct.pack("<HHL", 0xFFFE, 0xE000, 4)) + 8
    data[at : at + 4] = struct.pack("<L", offset)
    return bytes(data)


def with_length(data: bytes, *, bare: bool) -> bytes:
    """Give encapsulated pixels an explicit length; without items if `bare`."""
    at = data.rindex(b"\xe0\x7f\x10\x00OB")
    value = data[at + 12 : -8]
    if bare:
        value = value[16 + struct.unpack_from("<L", value, 4)[0] :]
    return data[: at + 8] + struct.pack("<L", len(value)) + value


def two_frames(film: Film) -> bytes:
    """Make a file of two frames that announces one."""
    return native(np.stack([film, film[::-1]]), **WHOLE_RANGE, NumberOfFrames=1)


def metal(film: Film) -> bytes:
    """Make a MONOCHROME1 picture whose padding value is that of its brightest pixels."""
    pixels = np.clip(4095 - film.astype(np.int64), 0, 4095).astype(np.uint16)
    return native(pixels, **WHOLE_RANGE, PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=0)


def shuttered(film: Film) -> bytes:
    """Make a picture whose shutter covers a margin of two pixels."""
    rows, columns = film.shape
    edges = {"ShutterLeftVerticalEdge": 3, "ShutterRightVerticalEdge": columns - 2}
    edges |= {"ShutterUpperHorizontalEdge": 3, "ShutterLowerHorizontalEdge": rows - 2}
    return native(film, **WHOLE_RANGE, ShutterShape="RECTANGULAR", **edges)


def with_margin(film: Film) -> Film:
    """Blacken two pixels on every side."""
    return np.pad(film[2:-2, 2:-2], 2)


def with_top(film: Film) -> Film:
    """Blacken the first two rows."""
    return np.pad(film[2:], ((2, 0), (0, 0)))


def half_rows(film: Film) -> Film:
    """Give half as many rows, each the mean of two."""
    return cv2.resize(film, (film.shape[1], film.shape[0] // 2), interpolation=cv2.INTER_AREA)


def png_with(film: Film, name: bytes = b"", content: bytes = b"") -> bytes:
    """Encode as PNG of 16 bits, of which 12 are used, with a chunk more."""
    data = imagecodecs.png_encode(film)
    if not name:
        return data
    chunk = struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))
    return data[:33] + chunk + data[33:]


def voi_below_zero(film: Film) -> bytes:
    """Make a valid implicit file: unsigned pixels, a negative intercept, a VOI LUT that begins below 0."""
    lut = table(ramp(65535), -1024, 16, "SS")
    dataset = image(film, **TWELVE, RescaleSlope=1, RescaleIntercept=-1024, VOILUTSequence=lut)
    return to_bytes(dataset, ImplicitVRLittleEndian)


def modality_first_unsigned(film: Film) -> bytes:
    """Make signed pixels whose Modality LUT begins at a negative value, in the VR of the other sign."""
    pixels = film.astype(np.int16) - 2048
    lut = table(np.arange(4096), 65536 - 2048, 16)
    lut[0].ModalityLUTType = "US"
    return native(pixels, **WHOLE_RANGE, ModalityLUTSequence=lut)


def point_transform(film: Film) -> bytes:
    """Encode 8 bits in colour as lossless JPEG without the two lowest bits, as its scan header says."""
    options = {"lossless": True, "predictor": 1, "colorspace": "RGB", "bitspersample": 6}
    frame = bytearray(imagecodecs.jpeg8_encode(rgb(film) >> 2, **options))
    frame[frame.find(b"\xff\xc3") + 4] = 8
    at = frame.find(b"\xff\xda")
    frame[at + 1 + struct.unpack_from(">H", frame, at + 2)[0]] = 2
    return encapsulated(rgb(film), [bytes(frame)], JPEGLosslessSV1, **DX)


def signed_stream(film: Film) -> bytes:
    """Encode as JPEG 2000 of signed values under a header of unsigned ones."""
    frame = imagecodecs.jpeg2k_encode(film.astype(np.int16) - 2048, level=0, bitspersample=12)
    return encapsulated(film, [frame], JPEG2000Lossless, **WHOLE_RANGE)


def deep_stream(film: Film) -> bytes:
    """Encode as JPEG 2000 of 16 bits under a header that says 12."""
    deep = (film.astype(np.uint32) * 65535 // 4095).astype(np.uint16)
    frame = imagecodecs.jpeg2k_encode(deep, level=0)
    return encapsulated(film, [frame], JPEG2000Lossless, **TWELVE)


SOUND: Final[dict[str, Kind]] = {
    "12-bit DX": partial(native, **WHOLE_RANGE),
    "8-bit DX": lambda film: native(grey(film), **DX),
    "colour JPEG": lambda film: colour_jpeg(film, "YBR_FULL_422", "420"),
    "12-bit DX, no window": partial(native, **TWELVE),
    "12-bit DX, black margin": lambda film: native(with_margin(film), **WHOLE_RANGE),
    "12-bit DX, black top": lambda film: native(with_top(film), **WHOLE_RANGE),
    "half the rows, stretched": lambda film: native(
        cv2.resize(half_rows(film), film.shape[::-1], interpolation=cv2.INTER_LINEAR), **WHOLE_RANGE
    ),
    "two lowest of 8 bits cut": lambda film: native(grey(film) & 252, **DX),
}
"""Sound files of the film: what the encoding alone changes."""
LYING: Final[dict[str, Kind]] = {
    "RGB label, JFIF 4:2:0": lambda film: colour_jpeg(film, "RGB", "420"),
    "RGB label, JFIF 4:4:4": lambda film: colour_jpeg(film, "RGB", "444"),
    "RGB label, native YCbCr": lambda film: native(ybr(film), **DX, PhotometricInterpretation="RGB"),
    "4:2:2 label, three samples": lambda film: native(
        ybr(film), **DX, PhotometricInterpretation="YBR_FULL_422"
    ),
    "XA, logarithmic Modality LUT": lambda film: fluoroscopy(
        film, ModalityLUTSequence=table(np.geomspace(1, 65535, 4096).astype(np.int64), 0, 16)
    ),
    "XA, linear rescale": lambda film: fluoroscopy(film, RescaleSlope=-3, RescaleIntercept=9),
    "VOI LUT of 16 bits with 12": lambda film: native(
        film, **TWELVE, VOILUTSequence=table(ramp(4095), 0, 16)
    ),
    "VOI LUT of 16 bits with 8": lambda film: native(film, **TWELVE, VOILUTSequence=table(ramp(255), 0, 16)),
    "JPEG-LS, line end behind": lambda film: jpeg_ls(film, behind=b"\r\n"),
    "lossless JPEG, blanks behind": lambda film: lossless(film, behind=b" " * 40),
    "no delimiter": lambda film: lossless(film)[:-8],
    "zeros for a delimiter": lambda film: lossless(film)[:-8] + bytes(20),
    "RLE surplus": rle_surplus,
    "pixels of 2:1": lambda film: native(half_rows(film), **WHOLE_RANGE, PixelAspectRatio=[2, 1]),
    "Bits Stored 10 of 12": lambda film: native(film, **(WHOLE_RANGE | {"BitsStored": 10, "HighBit": 9})),
    "PNG of 16 bits with 12": png_with,
    "PNG with sBIT 12": lambda film: png_with(film, b"sBIT", b"\x0c"),
    "padding of the other sign": padded,
    "offset table zero": lambda film: wrong_offsets(film, 0),
    "offset table wrong": lambda film: wrong_offsets(film, 999_999),
    "first value of the other sign": lambda film: native(
        film + 40000, **DX, VOILUTSequence=table(ramp(65535), 40000 - 65536, 16, "SS")
    ),
    "8 bits, window of 12": lambda film: native(grey(film), **DX, WindowCenter=2048, WindowWidth=4096),
    "12 bits, window of 8": lambda film: native(film, **TWELVE, WindowCenter=127, WindowWidth=254),
    "signed JPEG 2000, unsigned header": signed_stream,
    "JPEG 2000 of 16 bits, header 12": deep_stream,
    "items in an explicit length": lambda film: with_length(lossless(film), bare=False),
    "frame in an explicit length": lambda film: with_length(lossless(film), bare=True),
    "a frame not announced": two_frames,
    "padding is also metal": metal,
    "shutter": shuttered,
    "VOI LUT below 0, implicit": voi_below_zero,
    "Modality LUT of the other sign": modality_first_unsigned,
    "colour, point transform 2": point_transform,
}
"""By kind; the picture that is meant is always the film."""
