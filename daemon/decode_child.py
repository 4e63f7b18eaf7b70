"""What runs in a disposable child: one file is opened, hashed and turned into network input.

The child has a deadline and a memory limit of its own, says nothing on its output (pydicom's warnings quote
patients' values), and ends with its parent. Whatever happens to it costs one file (faults 16 to 30, 54).

References
----------
prctl(2) PR_SET_PDEATHSIG, fcntl(2) O_ASYNC, setrlimit(2), setitimer(2).
"""

import ctypes
import fcntl
import hashlib
import multiprocessing
import os
import resource
import select
import signal
import stat
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.settle import Look, look_at
from model.completeness import Completeness, examine
from model.decode import Limits
from model.eligibility import Eligibility
from model.errors import ScanError
from model.header import Header
from model.preload import use_one_thread
from model.prepare import prepare

_PR_SET_PDEATHSIG = 1
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use for one file.

    Parameters
    ----------
    deadline_s : float
        Seconds for a file of one frame.
    deadline_per_frame_s : float
        Seconds more for each frame.
    memory_bytes : int
        Address space of the child.
    max_file_bytes : int
        Larger files are refused unread.
    pixels : Limits
        What the decoders refuse.
    eligibility : Eligibility
        Which scans are for the network.
    """

    deadline_s: float
    deadline_per_frame_s: float
    memory_bytes: int
    max_file_bytes: int
    pixels: Limits
    eligibility: Eligibility = field(default_factory=Eligibility)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One file after the child: network input, or the code of why there is none.

    Parameters
    ----------
    outcome : str or None
        None if there is input to classify, else ``rejected`` or ``failed``.
    error_code : str or None
        Given with `outcome`.
    look : Look or None
        The file as it was when its bytes were read; None if it could not be opened.
    sha256 : str or None
        Of those bytes, hexadecimal.
    header : Header or None
    inputs : ndarray, shape (frames, 224, 224), uint16, or None
    warnings : tuple of str
        Categories only.
    durations : dict
        Seconds by stage.
    """

    outcome: str | None = None
    error_code: str | None = None
    look: Look | None = None
    sha256: str | None = None
    header: Header | None = None
    inputs: NDArray[np.uint16] | None = None
    warnings: tuple[str, ...] = ()
    durations: dict[str, float] = field(default_factory=dict)

    @classmethod
    def refused(cls, outcome: str, code: str, **known: Any) -> "Decoded":
        """Answer without input."""
        return cls(outcome=outcome, error_code=code, **known)


def start_child(memory_bytes: int) -> None:
    """Set up a fresh child: it ends with the daemon, is silent, and may not take the machine's memory.

    Parameters
    ----------
    memory_bytes : int
        Limit of the address space, bytes.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    daemon = multiprocessing.parent_process()
    if daemon is not None:
        end_with(daemon.sentinel)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.close(silence)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    use_one_thread()


def end_with(sentinel: int) -> None:
    """Let the kernel end this process by SIGIO when a pipe loses its other end, even inside native code.

    The signal of prctl(2) tells of the parent, which is the forkserver, and that lives as long as any child
    does: with it alone, a child at work would outlive a daemon that was killed.

    Parameters
    ----------
    sentinel : int
        Descriptor of the pipe's end to read from; nothing is ever written to it.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([sentinel], [], [], 0)[0]:
        os._exit(1)  # it was closed before we asked


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

    def decode(data: bytes, extend: Callable[[Header], None]) -> dict[str, Any]:
        prepared = prepare(data, limits.pixels, announce=extend, eligibility=limits.eligibility)
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
    with _deadline(limits) as extend, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.monotonic()
        data, look = _read(path, limits.max_file_bytes)
        if look is None:
            return Decoded.refused("failed", "unreadable")
        if data is None:
            return Decoded.refused("failed", "too_large", look=look)
        read = time.monotonic()
        known = Decoded(look=look, sha256=hashlib.sha256(data).hexdigest())
        hashed = time.monotonic()
        durations = {"read": read - started, "hash": hashed - read}
        try:
            found = decode(data, extend)
        except ScanError as error:
            durations["decode"] = time.monotonic() - hashed
            return replace(
                known, outcome=error.outcome, error_code=error.code, header=error.header, durations=durations
            )
        durations["decode"] = time.monotonic() - hashed
        return replace(known, durations=durations, **found)


def hash_file(path: bytes, limits: ChildLimits) -> Decoded:
    """Hash a file without decoding it, for the row of one that broke its children.

    Returns
    -------
    Decoded
        With `look` and `sha256`, where the file could be read.
    """
    with _deadline(limits):
        data, look = _read(path, limits.max_file_bytes)
        return Decoded(look=look, sha256=None if data is None else hashlib.sha256(data).hexdigest())


def examine_file(path: bytes, limits: ChildLimits) -> tuple[Look, Completeness] | None:
    """Look at the structure of a file that still lies in the inbox.

    Returns
    -------
    tuple of (Look, Completeness), or None
        What was examined; None if the file is gone or is no regular file. One that is there and cannot be
        opened is incomplete: its sender may still let us, and else its row says that it is unreadable.
    """
    with _deadline(limits), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        descriptor = _open_regular(path)
        if descriptor is None:
            return _unopened(path)
        with os.fdopen(descriptor, "rb") as file:
            look = Look.of(os.fstat(descriptor))
            return look, examine(file, look.size)


def _unopened(path: bytes) -> tuple[Look, Completeness] | None:
    try:
        look = look_at(path)
    except OSError:
        return None
    return None if look is None else (look, Completeness.INCOMPLETE)


def _read(path: bytes, max_file_bytes: int) -> tuple[bytes | None, Look | None]:
    descriptor = _open_regular(path)
    if descriptor is None:
        return None, None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        look = Look.of(os.fstat(descriptor))
        if look.size > max_file_bytes:
            return None, look
        try:
            return file.readall(), look
        except OSError:
            return None, None


def _open_regular(path: bytes) -> int | None:
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


class _deadline:  # noqa: N801 - reads as the context manager that it is
    """Let the kernel end this process by SIGALRM when the file has had its time, even inside native code."""

    def __init__(self, limits: ChildLimits) -> None:
        self._limits = limits
        self._started = 0.0

    def __enter__(self) -> Any:
        self._started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self._limits.deadline_s)
        return self._extend

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _extend(self, header: Header) -> None:
        frames = max(1, header.frames or 1)
        allowed = self._limits.deadline_s + self._limits.deadline_per_frame_s * (frames - 1)
        left = allowed - (time.monotonic() - self._started)
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
