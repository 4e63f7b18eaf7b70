"""Imports that decoding makes on demand, made at once, and threads that are not wanted."""

import importlib
from contextlib import suppress

from model.errors import UnsupportedTransferSyntax

_ON_DEMAND = (
    "model.prepare",
    "model.dicom.file",
    "model.dicom.frame_display",
    "model.decoders.raster",
    "pydicom.encaps",
    "pydicom.filereader",
    "pydicom.pixels.processing",
)
_CODECS = ("JPEG8", "JPEGSOF3", "JPEGLS", "JPEG2K", "HTJ2K", "JPEGXL", "PACKBITS", "PNG")


def preload() -> None:
    """Import pydicom and every codec, about half a second once, instead of within the first scan's deadline.

    For the process from which decode children are forked; it imports no network runtime. A codec that is not
    installed is passed over: its scans fail, and no others (fault 28).
    """
    import imagecodecs

    from model.decoders.registry import ENCAPSULATED, find_decoder

    for module in _ON_DEMAND:
        importlib.import_module(module)
    for transfer_syntax_uid in ENCAPSULATED:
        with suppress(UnsupportedTransferSyntax):
            find_decoder(transfer_syntax_uid)
    for codec in _CODECS:
        with suppress(ImportError):
            _ = getattr(imagecodecs, codec).available  # imports the codec's own extension


def use_one_thread() -> None:
    """Let OpenCV compute in the calling thread alone, for children of which there is one a core already."""
    import cv2

    cv2.setNumThreads(1)
