"""Sound files of every kind that we read, small, made here: what mutations begin with."""

import io
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.support.dicom_files import NATIVE, encapsulated, image, native, rle, to_bytes, without_preamble
from tests.support.shared import SHARED

_GREY = (np.add.outer(np.arange(24), np.arange(20)) * 90).astype(np.uint16)
_FLAT = (_GREY >> 4).astype(np.uint8)
_COLOUR = np.stack([_FLAT, _FLAT[::-1], 255 - _FLAT], axis=-1)
_WINDOW = {"WindowCenter": 2000, "WindowWidth": 4001, "BitsStored": 12, "HighBit": 11}
_JPEG = "1.2.840.10008.1.2.4."
_FROM_PYDICOM = ("MR_small_RLE.dcm", "JPGExtended.dcm", "SC_rgb_jpeg_dcmtk.dcm", "examples_palette.dcm")
_FROM_DATA_FOLDER = ("pixel/HTJ2K_08_RGB.dcm", "pixel/mlut_18.dcm", "pixel/CT0012*", "nonimage/reportsi.dcm")


def samples():
    """Give the files that need nothing beside the project: bytes by name, in a fixed order."""
    names = ("implicit", "explicit", "deflated", "big_endian")
    syntaxes = (NATIVE[0], NATIVE[1], NATIVE[3], NATIVE[2])
    made = {name: native(_GREY, syntax, **_WINDOW) for name, syntax in zip(names, syntaxes, strict=True)}
    made |= {"bare": without_preamble(image(_GREY, **_WINDOW)), "sequences": _with_sequences()}
    made |= _encapsulated() | _rasters()
    return made | {name: Path(get_testdata_file(name, download=False)).read_bytes() for name in _FROM_PYDICOM}


def data_folder_samples():
    """Give some files of the data folder; none where it is absent."""
    found = (path for pattern in _FROM_DATA_FOLDER for path in (SHARED / "dicom").glob(pattern))
    return {path.name: path.read_bytes() for path in found}


def _with_sequences():
    lut = Dataset()
    lut.LUTDescriptor, lut.LUTData = [256, 0, 16], np.arange(0, 65536, 256, np.uint16).tobytes()
    inner, outer = Dataset(), Dataset()
    inner.ReferencedSOPInstanceUID = generate_uid(entropy_srcs=["inner"])
    outer.ReferencedImageSequence = [inner]
    dataset = image(_GREY, VOILUTSequence=[lut], ReferencedStudySequence=[outer], PixelPaddingValue=0)
    dataset.PatientName, dataset.SpecificCharacterSet = "Müller^Änne", "ISO_IR 192"
    return to_bytes(dataset)


def _encapsulated():
    frames = np.stack([_GREY, _GREY[::-1]])
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = stream.compress(_GREY.tobytes()) + stream.flush()
    jpeg = io.BytesIO()
    Image.fromarray(_FLAT).save(jpeg, "JPEG")
    twelve = {"BitsStored": 12, "HighBit": 11}
    coded = {
        "rle": ([rle(_GREY)], "1.2.840.10008.1.2.5", _GREY, {}),
        "rle_frames": ([rle(frame) for frame in frames], "1.2.840.10008.1.2.5", frames, {}),
        "jpeg": ([jpeg.getvalue()], _JPEG + "50", _FLAT, {}),
        "jpeg_12": ([imagecodecs.jpeg8_encode(_GREY, bitspersample=12)], _JPEG + "51", _GREY, twelve),
        "jpeg_lossless": ([imagecodecs.ljpeg_encode(_GREY, bitspersample=16)], _JPEG + "70", _GREY, {}),
        "jpeg_ls": ([imagecodecs.jpegls_encode(_GREY)], _JPEG + "80", _GREY, {}),
        "jpeg_2000": ([_jpeg_2000(_GREY)], _JPEG + "90", _GREY, {}),
        "jpeg_2000_colour": ([_jpeg_2000(_COLOUR)], _JPEG + "90", _COLOUR, {}),
        "jpeg_xl": ([imagecodecs.jpegxl_encode(_GREY, lossless=True)], _JPEG + "110", _GREY, {}),
        "jpeg_xl_colour": ([imagecodecs.jpegxl_encode(_COLOUR, level=90)], _JPEG + "112", _COLOUR, {}),
        "uncompressed": ([_GREY.tobytes()], "1.2.840.10008.1.2.1.98", _GREY, {}),
        "htj2k": ([imagecodecs.htj2k_encode(_GREY)], _JPEG + "201", _GREY, {}),
        "deflated_frame": ([deflated], "1.2.840.10008.1.2.8.1", _GREY, {}),
    }
    return {
        name: encapsulated(header, encoded, syntax, **elements)
        for name, (encoded, syntax, header, elements) in coded.items()
    }


def _jpeg_2000(pixels):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0)


def _rasters():
    deep, palette = Image.fromarray(_GREY * 16), Image.fromarray(_COLOUR).quantize(16)
    pictures = {
        "png": (Image.fromarray(_FLAT), "PNG", {}),
        "png_16": (deep, "PNG", {}),
        "png_palette": (palette, "PNG", {"transparency": 3}),
        "jpeg_file": (Image.fromarray(_COLOUR), "JPEG", {}),
        "jpeg_progressive": (Image.fromarray(_FLAT), "JPEG", {"progressive": True}),
    }
    made = {}
    for name, (picture, kind, options) in pictures.items():
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        made[name] = buffer.getvalue()
    deep_colour = imagecodecs.png_encode(_COLOUR.astype(np.uint16) * 257)
    gamma = b"\x00\x00\x00\x04gAMA\x00\x01\x86\xa0\x31\xe8\x96\x5f"  # 1.0, with its checksum
    return made | {"png_colour_16": deep_colour[:33] + gamma + deep_colour[33:]}
