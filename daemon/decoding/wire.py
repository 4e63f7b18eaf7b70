"""How a daemon and a child pass messages: a head of fixed size, some text, and an array as it lies in memory.

A child answers in this form and in no other: whatever it sends, its daemon copies bytes and compares numbers.
In the other direction a message may be more, since a child is trusted less than its daemon. Descriptors come
with the head (SCM_RIGHTS).

References
----------
unix(7).
"""

import os
import socket
import struct
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from daemon.decoding.messages import MalformedAnswerError

MOST_TEXT_BYTES: Final = 1 << 20
"""Of an answer, besides its array; a header whose texts are cut has a few kilobytes."""

_FROM_CHILD = struct.Struct("<BIQ")  # kind, bytes of text, bytes of array
_TO_CHILD = struct.Struct("<BIi")  # function, bytes of arguments, errno
_PIECE_BYTES = 1 << 20


class Kind(IntEnum):
    """What a child says."""

    READY = 1
    """It began, and this holds for it."""
    ANSWER = 2
    OUT_OF_MEMORY = 3
    FAILED = 4
    """The function raised what it should not."""
    PICTURE = 5
    """It asks for a descriptor to write a picture to."""


def send_answer(descriptor: int, kind: Kind, text: bytes = b"", array: memoryview | bytes = b"") -> None:
    """Send what a child says.

    Parameters
    ----------
    descriptor : int
        Of its channel.
    kind : Kind
    text : bytes
    array : bytes-like
        One byte an item.
    """
    _write(descriptor, _FROM_CHILD.pack(kind, len(text), len(array)) + text)
    _write(descriptor, array)


def receive_answer(
    channel: socket.socket, most_array_bytes: int, until: float
) -> tuple[Kind, bytes, bytearray]:
    """Take what a child says.

    Parameters
    ----------
    channel : socket
    most_array_bytes : int
        A longer array is not taken.
    until : float
        Monotonic seconds.

    Returns
    -------
    tuple of (Kind, bytes, bytearray)
        Kind, text and array.

    Raises
    ------
    EOFError
        The child is gone.
    TimeoutError
        It did not say all of it in time.
    MalformedAnswerError
        It is no message of ours.
    """
    kind, text, array = _FROM_CHILD.unpack(_take(channel, _FROM_CHILD.size, until))
    if kind not in set(Kind) or text > MOST_TEXT_BYTES or array > most_array_bytes:
        raise MalformedAnswerError
    return Kind(kind), bytes(_take(channel, text, until)), _take(channel, array, until)


def send_request(
    channel: socket.socket, function: int, arguments: bytes, descriptor: int | None, refusal: int = 0
) -> None:
    """Send a child what it is to do.

    Parameters
    ----------
    channel : socket
    function : int
        Which of those that it was started with.
    arguments : bytes
    descriptor : int or None
        What it gets with it.
    refusal : int
        Why there is none, as errno.

    Raises
    ------
    OSError
        It is gone, or takes nothing.
    """
    head = _TO_CHILD.pack(function, len(arguments), refusal)
    sent = socket.send_fds(channel, [head + arguments], [] if descriptor is None else [descriptor])
    channel.sendall((head + arguments)[sent:])


def receive_request(channel: socket.socket) -> tuple[int, bytes, int | None, int]:
    """Wait for what a child is to do.

    Parameters
    ----------
    channel : socket

    Returns
    -------
    tuple of (int, bytes, int or None, int)
        Function, arguments, descriptor and refusal, as they were sent.

    Raises
    ------
    EOFError
        There is nothing more to do.
    """
    head, descriptors, _, _ = socket.recv_fds(channel, _TO_CHILD.size, 1, socket.MSG_WAITALL)
    if len(head) < _TO_CHILD.size:
        raise EOFError
    function, length, refusal = _TO_CHILD.unpack(head)
    arguments = bytearray()
    while len(arguments) < length:
        piece = os.read(channel.fileno(), length - len(arguments))
        if not piece:
            raise EOFError
        arguments += piece
    return function, bytes(arguments), descriptors[0] if descriptors else None, refusal


def _write(descriptor: int, content: memoryview | bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _take(
    channel: socket.socket, length: int, until: float, clock: Callable[[], float] = time.monotonic
) -> bytearray:
    """Take so many bytes; memory grows with what came, not with what was announced."""
    taken = bytearray()
    while len(taken) < length:
        channel.settimeout(max(until - clock(), 0.001))
        piece = channel.recv(min(length - len(taken), _PIECE_BYTES))
        if not piece:
            raise EOFError
        taken += piece
    return taken
