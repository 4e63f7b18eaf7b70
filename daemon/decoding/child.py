"""One child as its daemon sees it: a process, a channel to it alone, and no trust in what comes back.

Each child has its own channel, so that one that is broken into can neither take a file that another was given
nor answer for it, and one that dies in the middle of an answer silences no other (fault 54).
"""

import os
import pickle
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from typing import Any

from daemon.decoding.confine import Confinement
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import (
    MOST_PREVIEW_BYTES,
    DeidentifyRequest,
    ExcerptRequest,
    HeatMapRequest,
    MalformedAnswerError,
    PictureRequest,
)
from daemon.decoding.opening import open_picture
from daemon.decoding.serve import READY, ChildPlan, serve
from daemon.decoding.wire import Kind, receive_answer, send_request

_START_S = 60.0
_END_S = 10.0  # until the process that forked it reports how it ended
_PICTURE_NUMBER_BYTES = 4

Request = PictureRequest | HeatMapRequest | ExcerptRequest | DeidentifyRequest


class ChildEndedError(Exception):
    """The child ended before it answered.

    Parameters
    ----------
    exitcode : int
        Minus the number of the signal that ended it.
    """

    def __init__(self, exitcode: int) -> None:
        super().__init__(f"a child ended with {exitcode}")
        self.exitcode = exitcode


class ChildFailedError(Exception):
    """The child raised what no decoder should."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a child is asked.

    Parameters
    ----------
    function : int
        Which of those of its plan.
    descriptor : int
        The file.
    limits : ChildLimits
    request : PictureRequest, HeatMapRequest, ExcerptRequest, DeidentifyRequest or None
        Which pictures are to be written, the child does not learn where; or what is to be answered.
    read : callable
        Reads the answer: (text, array, limits).
    """

    function: int
    descriptor: int
    limits: ChildLimits
    request: Request | None
    read: Callable[[bytes, bytearray, ChildLimits], Any]


class Child:
    """Start a child, and wait until it has dropped what it does not need.

    Parameters
    ----------
    context : ForkServerContext
    lock : threading.Lock
        Of all that may ask multiprocessing about processes at the same time: it is not made for that.
    plan : ChildPlan

    Attributes
    ----------
    confinement : Confinement
        What holds for it.
    answered : int
        How many files it had.

    Raises
    ------
    OSError, EOFError, MalformedAnswerError
        It cannot be started.
    """

    def __init__(self, context: ForkServerContext, lock: threading.Lock, plan: ChildPlan) -> None:
        self._lock = lock
        self._channel, theirs = socket.socketpair()
        self.answered = 0
        self._exitcode: int | None = None
        with theirs, lock:
            self._process = context.Process(target=serve, args=(theirs, plan), daemon=True)
            self._process.start()
        self.pid = self._process.pid or 0
        try:
            self.confinement = self._begun()
        except BaseException:
            self.end()
            raise

    def _begun(self) -> Confinement:
        kind, text, _ = receive_answer(self._channel, 0, time.monotonic() + _START_S)
        if kind is not Kind.READY or len(text) != READY.size:
            raise MalformedAnswerError
        return Confinement(*READY.unpack(text))

    def is_alive(self) -> bool:
        """Return whether it can be asked.

        Returns
        -------
        bool
        """
        with self._lock:
            return self._exitcode is None and self._process.exitcode is None

    def ask(self, question: Question, grace_s: float) -> Any:
        """Ask it about a file.

        Parameters
        ----------
        question : Question
        grace_s : float
            Seconds that it may take beyond the deadline, which it keeps itself.

        Returns
        -------
        object
            As `question.read` gives it.

        Raises
        ------
        MemoryError
            The file needs more than the child may have.
        ChildFailedError
            It raised anything else, and lives.
        ChildEndedError
            It ended; or it had to be ended, because it was too late.
        MalformedAnswerError
            It sent what no child sends, and was ended.
        """
        limits, request = question.limits, question.request
        until = time.monotonic() + _longest_s(limits) + grace_s
        arguments = (limits,) if request is None else (limits, _without_folder(request))
        try:
            send_request(self._channel, question.function, pickle.dumps(arguments), question.descriptor)
            return self._answer(question, until)
        except MalformedAnswerError:
            self.end()
            raise
        except TimeoutError:  # its own timer should have ended it
            self.end()
            raise ChildEndedError(-signal.SIGALRM) from None
        except (OSError, EOFError):
            raise ChildEndedError(self.end(wait_s=1.0)) from None

    def _answer(self, question: Question, until: float) -> Any:
        """Take what it says until that is an answer."""
        limits = question.limits
        most = 2 * limits.pixels.max_frames * limits.input_size**2
        most += limits.preview_frames * MOST_PREVIEW_BYTES
        while True:
            kind, text, array = receive_answer(self._channel, most, until)
            if kind is Kind.PICTURE:
                self._give_picture(question, text)
                continue
            self.answered += 1
            if kind is Kind.ANSWER:
                return question.read(text, array, limits)
            if kind is Kind.OUT_OF_MEMORY:
                raise MemoryError
            if kind is Kind.FAILED:
                raise ChildFailedError
            raise MalformedAnswerError

    def _give_picture(self, question: Question, text: bytes) -> None:
        """Open the file that a picture is to be written to, and hand it over."""
        number = int.from_bytes(text, "little")
        request = question.request
        if request is None or isinstance(request, ExcerptRequest) or len(text) != _PICTURE_NUMBER_BYTES:
            raise MalformedAnswerError
        if not 1 <= number <= question.limits.pixels.max_frames:
            raise MalformedAnswerError
        try:
            picture = open_picture(request.folder, number)
        except OSError as error:
            send_request(self._channel, 0, b"", None, refusal=error.errno or 0)
            return
        try:
            send_request(self._channel, 0, b"", picture)
        finally:
            os.close(picture)

    def kill(self) -> None:
        """End it now, whatever it does; for another thread than that which asks it."""
        with self._lock, suppress(ValueError):  # it is gone, and so is what we knew of it
            self._process.kill()

    def end(self, *, wait_s: float = 0.0) -> int:
        """Close its channel, and end it unless it ended itself.

        Parameters
        ----------
        wait_s : float
            How long it may take for that, seconds.

        Returns
        -------
        int
            Its exit code.
        """
        if self._exitcode is not None:
            return self._exitcode
        self._channel.close()
        if not wait([self._process.sentinel], wait_s):
            self.kill()
            wait([self._process.sentinel], _END_S)
        with self._lock:
            code = self._process.exitcode
            with suppress(ValueError):  # it is still there, and belongs to the process that forked it
                self._process.close()
        self._exitcode = -signal.SIGKILL if code is None else code
        return self._exitcode


def _without_folder(request: Request) -> Request:
    return request if isinstance(request, ExcerptRequest) else replace(request, folder=b"")


def _longest_s(limits: ChildLimits) -> float:
    """Say how long a child's own timer lets it live with a file of as many frames as are allowed."""
    return limits.deadline_s + limits.deadline_per_frame_s * (limits.pixels.max_frames - 1)
