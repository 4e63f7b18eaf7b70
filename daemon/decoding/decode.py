"""What runs in a disposable child: the bytes of one file are read, hashed and turned into network input.

It gets the file open, and could open no other (`daemon.decoding.confine`). It says nothing on its output
(pydicom's warnings quote patients' values). Whatever happens to the child costs one file (faults 16 to 30).
"""

import hashlib
import io
import os
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from daemon.decoding.limits import ChildLimits, Deadline, GlanceOverError, glance
from daemon.decoding.messages import TAKES_LONG, Decoded, TakesLong
from daemon.decoding.previews import PreviewMaker
from daemon.spool.file_state import Look
from model.errors import ScanError, TooLarge, Truncated
from model.header import Header
from model.reading.completeness import Completeness, Written, examine, judge_holes
from model.reading.unwritten import ENDS_IN_ZEROS, NEVER_WRITTEN, find_holes, forget_reading
from storage.vocabulary import FAILED

_WORTH_A_THREAD: Final = 1 << 20
"""Bytes, which are hashed in half a millisecond; a thread costs a tenth."""


def decode_file(descriptor: int, limits: ChildLimits) -> Decoded:
    """Read a claimed file once; hash and decode the same bytes.

    Parameters
    ----------
    descriptor : int
        The file, open to be read; it is left open, as by all functions here.
    limits : ChildLimits

    Returns
    -------
    Decoded
        MemoryError alone is raised: the file is tried once more, alone.
    """
    from model.reading.prepare import (
        prepare,  # imported by children alone: OpenCV would cost their parent 17 MB
    )

    previews = PreviewMaker(limits.preview_frames)

    def decode(data: bytes, extend: Callable[[Header], None]) -> dict[str, Any]:
        prepared = prepare(
            data,
            limits.pixels,
            extend,
            eligibility=limits.eligibility,
            may_reduce=limits.may_reduce,
            size=limits.input_size,
            show=previews.show,
        )
        return {"header": prepared.header, "inputs": prepared.inputs, "warnings": prepared.warnings}

    return previews.added_to(answer_file(descriptor, limits, decode))


def answer_file(
    descriptor: int,
    limits: ChildLimits,
    decode: Callable[[bytes, Callable[[Header], None]], dict[str, Any]],
) -> Decoded:
    """Read a file once, hash its bytes, and answer with what is made of the same bytes.

    Parameters
    ----------
    descriptor : int
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
        data, look, written = _read(descriptor, limits)
        if look is None:
            return Decoded.refused(FAILED, "unreadable")
        if data is None:
            return Decoded.refused(FAILED, "too_large", look=look)
        read = time.monotonic()
        digest = _Digest(data)
        if written is Written.IN_PART:
            error = Truncated(NEVER_WRITTEN)
            known = Decoded(look=look, sha256=digest.wait())
            return replace(known, outcome=FAILED, error_code=error.code, error_detail=str(error))
        begun = time.monotonic()
        try:
            found = decode(data, extend)
        except MemoryError:
            digest.join()  # within the deadline; the next file finds the memory free
            raise
        except ScanError as error:
            found = {
                "outcome": error.outcome,
                "error_code": error.code,
                "error_detail": str(error),
                "header": error.header,
                "is_for_slow_lane": _is_for_slow_lane(error, limits),
            }
        decoded = time.monotonic()
        answer = Decoded(look=look, sha256=digest.wait(), **found)
        hashing = begun - read + time.monotonic() - decoded
        durations = {"read": read - started, "hash": hashing, "decode": decoded - begun}
        answer = replace(answer, durations=durations)
        if answer.outcome is None and written is Written.DOUBTFUL:
            answer = replace(answer, warnings=tuple(sorted({*answer.warnings, ENDS_IN_ZEROS})))
        return replace(answer, header=answer.header and answer.header.cut())


class _Digest:
    """The SHA-256 of a file, made beside its decoding: OpenSSL lets other threads run meanwhile.

    Parameters
    ----------
    data : bytes
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._made = ""
        self._thread: threading.Thread | None = None
        if len(data) >= _WORTH_A_THREAD:
            self._thread = threading.Thread(target=self._try, name="hash", daemon=True)
            try:
                self._thread.start()
            except (RuntimeError, MemoryError):  # this process may have no more threads, or memory
                self._thread = None

    def _make(self) -> None:
        self._made = hashlib.sha256(self._data).hexdigest()

    def _try(self) -> None:
        with suppress(MemoryError):  # then it is made once decoding has ended, or raised there
            self._make()

    def join(self) -> None:
        """Wait for the thread, if there is one."""
        if self._thread is not None:
            self._thread.join()

    def wait(self) -> str:
        """Return it, as 64 hexadecimal digits."""
        self.join()
        if not self._made:
            self._make()
        return self._made


def _is_for_slow_lane(error: ScanError, limits: ChildLimits) -> bool:
    slow_lane = limits.slow_lane
    return isinstance(error, TooLarge) and slow_lane is not None and slow_lane.may_take(error)


def hash_file(descriptor: int, limits: ChildLimits) -> Decoded:
    """Hash a file without decoding it, for the row of one that broke its children.

    Parameters
    ----------
    descriptor : int
    limits : ChildLimits

    Returns
    -------
    Decoded
        With `look` and `sha256`, where the file could be read.
    """
    with Deadline(limits):
        data, look, _ = _read(descriptor, limits)
        return Decoded(look=look, sha256=None if data is None else hashlib.sha256(data).hexdigest())


def examine_file(descriptor: int, limits: ChildLimits) -> tuple[Look, Completeness] | TakesLong:
    """Look at the structure of a file that still lies in the inbox.

    Parameters
    ----------
    descriptor : int
    limits : ChildLimits

    Returns
    -------
    tuple of (Look, Completeness), or TAKES_LONG
        What was examined; TAKES_LONG if a glance was not enough.
    """
    with Deadline(limits), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
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


def _read(descriptor: int, limits: ChildLimits) -> tuple[bytes | None, Look | None, Written]:
    """Give the file's bytes, what it was, and whether what a decoder reads of it was written."""
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        look = Look.of(os.fstat(descriptor))
        if look.size > limits.max_file_bytes:
            return None, look, Written.ALL
        try:
            holes = find_holes(file) if limits.trusts_holes else ()
            data = file.read()
            if holes:
                forget_reading(file)
        except OSError:
            return None, None, Written.ALL
        return data, look, judge_holes(io.BytesIO(data), look.size, holes)
