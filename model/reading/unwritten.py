"""Parts of a file that its writer made room for and has not filled: holes, and pixels that end in zeros.

A sender may make a file at its full size first (ftruncate, fallocate) and fill it afterwards. Where it stalls
or dies, structure says that all bytes are there, and the rest of the picture is black (fault 75).

Zeros alone prove little: a lossless JPEG of a real radiograph holds 150 kB of them in one run, and a black
border is zeros to the end of native pixels. Measured on 1,888 radiographs, ends of 4 KiB and more cover 2.4 %
of the pixels at most; those of other files up to 30 %, of 32 kB. So zeros count from a quarter of the pixels
and 64 KiB on, and as never written only where they begin at a block of the file, as writers stop there. A
hole up to the end of the pixels is nearly sure on a local disk; not where a file system makes holes of zeros
itself (ZFS), nor across a network. One that is no larger than a black border is in doubt: `cp` copies holes,
and `rsync -S` makes them. One that data follow is none: three of 6,047 files at hand, which a program had
copied, had such holes, a radiograph among them.

References
----------
lseek(2) SEEK_HOLE, SEEK_DATA; fallocate(2).
"""

import io
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import BinaryIO, Final

ENDS_IN_ZEROS: Final = "ends_in_zeros"
"""A category of warnings: native pixels end in many zeros, or in a hole, and may be missing there."""
NEVER_WRITTEN: Final = "the end of the picture was never written: there is a hole in the file"

Holes = Sequence[tuple[int, int]]

_MOST_HOLES: Final = 64
_LEAST_ZEROS: Final = 1 << 16
_LEAST_SHARE: Final = 1 / 4
_BORDER_SHARE: Final = 1 / 16  # more than twice the largest black border that was measured
_BLOCK: Final = 4096
_SAMPLES: Final = 32
_SAMPLE: Final = 128
_SLACK: Final = 16  # of the bytes before a block's end some may be zeros that were written


def find_holes(file: BinaryIO) -> Holes:
    """Find the parts of a file that were never written; to be asked before the file is read.

    Linux takes zeros of room that is only reserved (fallocate) for written once they were read, for as long
    as it keeps them in memory: see `forget_reading`.

    Parameters
    ----------
    file : binary file
        Open, its position is changed; one in memory has no holes.

    Returns
    -------
    sequence of (int, int)
        Where each begins and ends, in their order; of very many the first.
    """
    holes: list[tuple[int, int]] = []
    try:
        descriptor, at = file.fileno(), 0
        size = os.fstat(descriptor).st_size
        while at < size and len(holes) < _MOST_HOLES:
            start = os.lseek(descriptor, at, os.SEEK_HOLE)
            if start >= size:
                break
            at = _next_data(descriptor, start, size)
            holes.append((start, at))
        file.seek(0)
    except (OSError, io.UnsupportedOperation):
        return ()
    return holes


def _next_data(descriptor: int, start: int, size: int) -> int:
    try:
        return os.lseek(descriptor, start, os.SEEK_DATA)
    except OSError:  # ENXIO: none follow
        return size


def forget_reading(file: BinaryIO) -> None:
    """Let the kernel forget what was read of a file with holes, so that they are found again.

    Parameters
    ----------
    file : binary file
    """
    with suppress(OSError):  # a wish, not a need
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ends_in_hole(holes: Holes, stop: int) -> bool:
    """Return whether a part of a file goes on as a hole to its end.

    A hole that data follow is none that a writer left who stopped: programs that copy files make holes of
    zeros.

    Parameters
    ----------
    holes : sequence of (int, int)
    stop : int
        Where the part ends.

    Returns
    -------
    bool
    """
    return any(start < stop <= end for start, end in holes)


def is_border(holes: Holes, start: int, stop: int) -> bool:
    """Return whether the hole in which native pixels end may be a black border, of which a copy made one.

    Parameters
    ----------
    holes : sequence of (int, int)
    start, stop : int
        Of the pixels.

    Returns
    -------
    bool
    """
    begins = next((begin for begin, end in holes if begin < stop <= end), stop)
    return 0 < stop - begins <= (stop - start) * _BORDER_SHARE


def first_zero(read: Callable[[int, int], bytes], start: int, stop: int) -> int:
    """Return where the zeros begin that go on to the end of a part; its end if its last byte is none.

    Parameters
    ----------
    read : callable
        Gives the bytes between two places.
    start, stop : int

    Returns
    -------
    int
    """
    at = stop
    while at > start:
        before = max(start, at - _LEAST_ZEROS)
        piece = read(before, at).rstrip(b"\0")
        if piece:
            return before + len(piece)
        at = before
    return at


def ends_in_zeros(read: Callable[[int, int], bytes], start: int, stop: int) -> bool:
    """Return whether native pixels end in so many zeros that they may never have been written.

    Parameters
    ----------
    read : callable
        Gives the bytes between two places.
    start, stop : int
        Of the pixels.

    Returns
    -------
    bool
    """
    return stop - first_zero(read, start, stop) >= _least(start, stop)


def stops_at_block(read: Callable[[int, int], bytes], start: int, stop: int) -> bool:
    """Return whether native pixels end in many zeros that begin at a block of the file: writers stop there.

    Parameters
    ----------
    read : callable
        Gives the bytes between two places.
    start, stop : int
        Of the pixels.

    Returns
    -------
    bool
        False where they seem to be zeros throughout: no writer stopped in them.
    """
    samples = range(stop - _SAMPLE, start, -max(_SAMPLE, (stop - start) // _SAMPLES))
    zeros = list(takewhile(lambda at: not read(at, at + _SAMPLE).strip(b"\0"), samples))
    if len(zeros) < len(samples) * _LEAST_SHARE or len(zeros) == len(samples):
        return False  # nearly always: the first sample, at the end, is none of zeros
    at = first_zero(read, start, stop)
    return start < at <= stop - _least(start, stop) and -at % _BLOCK <= _SLACK


def _least(start: int, stop: int) -> int:
    """Return how many zeros at the end of pixels are more than a black border."""
    return max(_LEAST_ZEROS, int((stop - start) * _LEAST_SHARE))
