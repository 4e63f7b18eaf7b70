"""What runs in a disposable child: one file is opened, hashed and turned into network input.

It says nothing on its output (pydicom's warnings quote patients' values). Whatever happens to the child costs
one file (faults 16 to 30).
"""

import hashlib
import io
import os
import stat
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from daemon.decoding.limits import ChildLimits, Deadline, GlanceOverError, glance
from daemon.decoding.messages import TAKES_LONG, Decoded, Examined, TakesLong
from daemon.spool.file_state import Look, look_at
from model.errors import ScanError, TooLarge, Truncated
from model.header import Header
from model.reading.completeness import Completeness, examine, lacks_written_part
from model.reading.unwritten import NEVER_WRITTEN, find_holes, forget_reading
from storage.vocabulary import FAILED

_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def decode_file(path: bytes, limits: ChildLimits) -> Decoded:
    """Open a claimed file once; hash and decode the same bytes.

    Parameters
    ----------
    path : bytes
        Where the file lies.
    limits : ChildLimits

    Returns
    -------
    Decoded
        MemoryError alone is raised: the file is tried once more, alone.
    """
    from model.reading.prepare import (
        prepare,  # imported by children alone: OpenCV would cost their parent 17 MB
    )

    def decode(data: bytes, extend: Callable[[Header], None]) -> dict[str, Any]:
        prepared = prepare(
            data,
            limits.pixels,
            extend,
            eligibility=limits.eligibility,
            may_halve=limits.may_halve,
            size=limits.input_size,
        )
        return {"header": prepared.header, "inputs": prepared.inputs, "warnings": prepared.warnings}

    return answer_file(path, limits, decode)


def answer_file(
    path: bytes,
    limits: ChildLimits,
    decode: Callable[[bytes, Callable[[Header], None]], dict[str, Any]],
) -> Decoded:
    """Open a file once, hash its bytes, and answer with what is made of the same bytes.

    Parameters
    ----------
    path : bytes
    limits : ChildLimits
    decode : callable
        Gets the bytes, and what to call with the header so that the deadline allows for the frames; returns
        attributes of the answer, or raises ScanError.

    Returns
    -------
    Decoded
    """
    with Deadline(limits) as extend, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.monotonic()
        data, look, is_unwritten = _read(path, limits)
        if look is None:
            return Decoded.refused(FAILED, "unreadable")
        if data is None:
            return Decoded.refused(FAILED, "too_large", look=look)
        read = time.monotonic()
        known = Decoded(look=look, sha256=hashlib.sha256(data).hexdigest())
        hashed = time.monotonic()
        durations = {"read": read - started, "hash": hashed - read}
        if is_unwritten:
            error = Truncated(NEVER_WRITTEN)
            return replace(known, outcome=FAILED, error_code=error.code, error_detail=str(error))
        try:
            found = decode(data, extend)
        except ScanError as error:
            durations["decode"] = time.monotonic() - hashed
            return replace(
                known,
                outcome=error.outcome,
                error_code=error.code,
                error_detail=str(error),
                header=error.header and error.header.cut(),
                durations=durations,
                is_for_slow_lane=_is_for_slow_lane(error, limits),
            )
        durations["decode"] = time.monotonic() - hashed
        answer = replace(known, durations=durations, **found)
        return replace(answer, header=answer.header and answer.header.cut())


def _is_for_slow_lane(error: ScanError, limits: ChildLimits) -> bool:
    slow_lane = limits.slow_lane
    return isinstance(error, TooLarge) and slow_lane is not None and slow_lane.may_take(error)


def hash_file(path: bytes, limits: ChildLimits) -> Decoded:
    """Hash a file without decoding it, for the row of one that broke its children.

    Parameters
    ----------
    path : bytes
    limits : ChildLimits

    Returns
    -------
    Decoded
        With `look` and `sha256`, where the file could be read.
    """
    with Deadline(limits):
        data, look, _ = _read(path, limits)
        return Decoded(look=look, sha256=None if data is None else hashlib.sha256(data).hexdigest())


def examine_file(path: bytes, limits: ChildLimits) -> Examined | TakesLong:
    """Look at the structure of a file that still lies in the inbox.

    Parameters
    ----------
    path : bytes
    limits : ChildLimits

    Returns
    -------
    tuple of (Look, Completeness), None or TAKES_LONG
        What was examined; None if the file is gone or is no regular file; TAKES_LONG if a glance was not
        enough. One that is there and cannot be opened is incomplete: its sender may still let us, and else
        its row says that it is unreadable.
    """
    with Deadline(limits), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        descriptor = _open_regular(path)
        if descriptor is None:
            return _unopened(path)
        with os.fdopen(descriptor, "rb") as file:
            look = Look.of(os.fstat(descriptor))
            holes = find_holes(file) if limits.trusts_holes else ()
            try:
                with glance(limits.glance_s):
                    return look, examine(file, look.size, holes)
            except GlanceOverError:
                return TAKES_LONG
            finally:
                if holes:
                    forget_reading(file)


def _unopened(path: bytes) -> tuple[Look, Completeness] | None:
    try:
        look = look_at(path)
    except OSError:
        return None
    return None if look is None else (look, Completeness.INCOMPLETE)


def _read(path: bytes, limits: ChildLimits) -> tuple[bytes | None, Look | None, bool]:
    """Give the file's bytes, what it was, and whether some of what a decoder reads was never written."""
    descriptor = _open_regular(path)
    if descriptor is None:
        return None, None, False
    with os.fdopen(descriptor, "rb") as file:
        look = Look.of(os.fstat(descriptor))
        if look.size > limits.max_file_bytes:
            return None, look, False
        try:
            holes = find_holes(file) if limits.trusts_holes else ()
            data = file.read()
            if holes:
                forget_reading(file)
        except OSError:
            return None, None, False
        return data, look, bool(holes) and lacks_written_part(io.BytesIO(data), look.size, holes)


def _open_regular(path: bytes) -> int | None:
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None
