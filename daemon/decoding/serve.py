"""The life of a child: it drops what it does not need, and does what it is sent, one file after the other.

Nothing hostile is read before `confine`. An exception but MemoryError is no answer: its text may quote a
patient, so only the fact leaves the child.
"""

import os
import pickle
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from daemon.decoding.answer_format import write_decoded, write_examined
from daemon.decoding.child_setup import start_child
from daemon.decoding.confine import Confinement, confine
from daemon.decoding.messages import Decoded
from daemon.decoding.wire import Kind, receive_request, send_answer

READY = struct.Struct("<?B?")


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """How a child begins.

    Parameters
    ----------
    memory_bytes : int
        Limit of its address space.
    functions : tuple of callable
        What it may be asked to do, each called with the descriptor of a file and what came with the request.
    is_confined : bool
        Whether it drops what it does not need: False for tests whose decoders leave marks.
    """

    memory_bytes: int
    functions: tuple[Callable[..., Any], ...]
    is_confined: bool = True


def serve(channel: socket.socket, plan: ChildPlan) -> None:
    """Be a child, until there is nothing more to do.

    Parameters
    ----------
    channel : socket
        To its daemon.
    plan : ChildPlan
    """
    sentinel = start_child(plan.memory_bytes)
    holds = confine([channel.fileno(), sentinel]) if plan.is_confined else Confinement()
    send_answer(channel.fileno(), Kind.READY, READY.pack(*_values(holds)))
    try:
        while True:
            _serve_one(channel, plan.functions)
    except (EOFError, OSError):
        os._exit(0)  # the daemon has no more to do, or is gone


def _values(holds: Confinement) -> tuple[bool, int, bool]:
    return holds.has_no_new_privileges, holds.landlock, holds.is_filtered


def _serve_one(channel: socket.socket, functions: tuple[Callable[..., Any], ...]) -> None:
    number, arguments, descriptor, _ = receive_request(channel)
    if descriptor is None:
        raise EOFError

    def open_picture(frame: int) -> BinaryIO:
        send_answer(channel.fileno(), Kind.PICTURE, struct.pack("<I", frame))
        *_, picture, refusal = receive_request(channel)
        if picture is None:
            raise OSError(refusal, os.strerror(refusal))
        return os.fdopen(picture, "wb")

    try:
        answer = _call(functions[number], descriptor, arguments, open_picture)
    finally:
        os.close(descriptor)
    send_answer(channel.fileno(), *answer)


def _call(
    function: Callable[..., Any], descriptor: int, arguments: bytes, open_picture: Callable[[int], BinaryIO]
) -> "tuple[Kind, bytes, memoryview | bytes]":
    """Call a function, and write what it gives; whatever else it does is a fact without words."""
    try:
        limits, *request = pickle.loads(arguments)  # noqa: S301 - from our daemon, which could do anything to us
        answer = function(descriptor, limits, *request, *([open_picture] if request else []))
        if isinstance(answer, Decoded):
            return Kind.ANSWER, *write_decoded(answer)
        return Kind.ANSWER, write_examined(answer), b""
    except MemoryError:
        return Kind.OUT_OF_MEMORY, b"", b""
    except BaseException:  # noqa: BLE001 - the boundary: its daemon counts it as a crash
        return Kind.FAILED, b"", b""
