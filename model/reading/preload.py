"""What a process that decodes many files does once: imports, memory to keep, threads it does not want."""

import ctypes
import importlib
from contextlib import suppress

from model.errors import UnsupportedTransferSyntax

_ON_DEMAND = (
    "model.reading.prepare",
    "model.reading.dicom.file",
    "model.reading.dicom.frame_display",
    "model.reading.decoders.raster",
    "model.reading.dicom.even_display",
    "pydicom.encaps",
    "pydicom.filereader",
    "pydicom.pixels.processing",
)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of <malloc.h>
_LARGEST_KEPT = 32 << 20  # bytes; the most that glibc takes
_MOST_KEPT = 128 << 20  # bytes, of which the C library gives nothing back to the system
_CODECS = ("JPEG8", "JPEGSOF3", "JPEGLS", "JPEG2K", "HTJ2K", "JPEGXL", "PACKBITS", "PNG")


def preload() -> None:
    """Import pydicom and every codec, about half a second once, instead of within the first scan's deadline.

    For the process from which decode children are forked; it imports no network runtime. A codec that is not
    installed is passed over: its scans fail, and no others (fault 28).
    """
    import imagecodecs

    from model.reading.decoders.registry import ENCAPSULATED, find_decoder

    for module in _ON_DEMAND:
        importlib.import_module(module)
    for transfer_syntax_uid in ENCAPSULATED:
        with suppress(UnsupportedTransferSyntax):
            find_decoder(transfer_syntax_uid, least_side=1)  # imports what decodes all levels, too
    for codec in _CODECS:
        with suppress(ImportError):
            _ = getattr(imagecodecs, codec).available  # imports the codec's own extension


def use_one_thread() -> None:
    """Let OpenCV compute in the calling thread alone, for children of which there is one a core already."""
    import cv2

    cv2.setNumThreads(1)


def keep_memory() -> None:
    """Let the C library keep the memory of one picture for the next.

    It would give arrays of megabytes back to the system and ask for them again, a page fault every 4 KiB: a
    radiograph costs thousands of them, 2 to 15 ms. Its own bound follows the largest array, not their sum.
    Threads share one arena: each further one would take 64 MB of the addresses that a child may have.
    Where the library is not glibc nothing happens.

    References
    ----------
    mallopt(3).
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)
        libc.mallopt(_M_ARENA_MAX, 1)
