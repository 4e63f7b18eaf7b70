"""One claimed file on its way through a cluster, and what became of its tries."""

import os
import stat
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from daemon.spool.file_state import Look

if TYPE_CHECKING:
    from daemon.decoding.messages import Decoded

DEATHS_BEFORE_ALONE: Final = 2
"""Ends of workers that had a file after which it is tried alone: then it is known whether it is the cause."""


@dataclass(slots=True, eq=False)
class Errand:
    """One file that is to be answered.

    Parameters
    ----------
    path : bytes
        Where it lies.
    answer : Future of Decoded
    deaths : int
        Workers that ended while they had it.
    look : Look or None
        The file as it was when it was handed over.
    sent : int or None
        So many of its bytes were sent to the worker, which does not see the spool; None: it got the path.
    failures : int
        Workers that could not answer it, for something that is wrong with their machine.
    asked : Future or None
        While a worker has it.
    """

    path: bytes
    answer: "Future[Decoded]" = field(default_factory=Future)
    deaths: int = 0
    look: Look | None = None
    sent: int | None = None
    failures: int = 0
    asked: "Future[Any] | None" = None

    @property
    def goes_alone(self) -> bool:
        """Whether no other file may be with a worker while one has this."""
        return self.deaths >= DEATHS_BEFORE_ALONE


def read_whole(path: bytes, most: int) -> tuple[bytes, Look] | None:
    """Read a file for a worker that does not see the spool.

    Parameters
    ----------
    path : bytes
    most : int
        Bytes; larger files are not read.

    Returns
    -------
    tuple of (bytes, Look) or None
        None if it is larger, no regular file, or cannot be read: a child on this machine says what it is.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(stream.fileno())
            look = Look.of(status)
            if not stat.S_ISREG(status.st_mode) or look.size > most:
                return None
            content = stream.read(look.size + 1)
    except OSError:
        return None
    return (content, look) if len(content) == look.size else None
