"""What a coordinator and the workers of a cluster say to each other: plain values.

Dask passes them by pickle, which runs what it is given: who may connect is decided by certificates, and by
nothing else. What a hostile file made of a child never gets here but through the child's fixed messages.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import Decoded
from daemon.errors import DaemonError, errno_name
from model.classifier import EngineName, Prediction
from model.errors import ModelError
from model.reading.network_input import PIPELINE_VERSION

_DECIDING: Final = ("ai-edge-litert", "imagecodecs", "numpy", "opencv-python-headless", "pillow", "pydicom")


QUESTION: Final = "inboxray_question"
"""The operation, beside Dask's own, that our workers know."""


class Question(StrEnum):
    """What a coordinator asks: the name of the method of `Station` that answers."""

    FACTS = "facts"
    PREPARE = "prepare"
    ANSWER = "answer"


class NotPreparedError(Exception):
    """A worker was asked for an answer before it was prepared: it was started again meanwhile."""


class LeavingError(Exception):
    """A worker was asked to end: it finishes what it has begun, and begins nothing more."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a worker is to answer: all on which an answer hangs, besides the file.

    Parameters
    ----------
    limits : ChildLimits
        What one file may use, by the coordinator's settings.
    tasks_per_child : int
        A child is renewed after so many files.
    release : str
        sha256 of the release's manifest, hexadecimal.
    engine : str
        What runs the network.
    batch_size : int
        Most frames that the network sees at once.
    """

    limits: ChildLimits
    tasks_per_child: int
    release: str
    engine: EngineName
    batch_size: int

    @property
    def digest(self) -> str:
        """Names it: equal ones answer alike."""
        known = json.dumps(asdict(self), default=sorted, sort_keys=True)  # sets have no order of their own
        return hashlib.sha256(known.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Probe:
    """What a coordinator wants to know of a worker.

    Parameters
    ----------
    path : bytes
        A file of the coordinator's spool, or of the archive that it answers.
    token : bytes
        How that file begins.
    release : str
        As of `Preparation`.
    """

    path: bytes
    token: bytes
    release: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a worker says of itself.

    Parameters
    ----------
    host : str
    pid : int
    versions : mapping of str to str
        Of this program, its pipeline, Python, and each library on which pixels or predictions hang.
    sees_spool : bool
        It can read the coordinator's spool.
    has_release : bool
        It holds the release.
    name : str or None
        That was given to it.
    """

    host: str
    pid: int
    versions: Mapping[str, str]
    sees_spool: bool
    has_release: bool
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One file that is to be answered.

    Parameters
    ----------
    preparation : str
        Digest of the `Preparation`.
    path : bytes or None
        Where it lies, for a worker that sees the spool; None: its bytes come with the request.
    """

    preparation: str
    path: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker made of a file.

    Parameters
    ----------
    decoded : Decoded
        What its child returned.
    predictions : tuple of (Prediction or None)
        One a frame, if there is network input; None where the network's output was not finite.
    seconds : float
        That the network took.
    """

    decoded: Decoded
    predictions: tuple[Prediction | None, ...] = ()
    seconds: float = 0.0


def versions() -> dict[str, str]:
    """Name what an answer hangs on besides release and settings.

    Returns
    -------
    dict of str to str
        The version by name; ``absent`` for a library that is not installed.
    """
    known = {"inboxray": version("inboxray"), "pipeline": str(PIPELINE_VERSION)}
    known["python"] = ".".join(map(str, sys.version_info[:2]))
    for name in _DECIDING:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            known[name] = "absent"
    return known


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str | None:
    """Say in which versions two differ.

    Parameters
    ----------
    ours, theirs : mapping of str to str
        Of `versions`.

    Returns
    -------
    str or None
        Such as ``numpy 2.2.1 where this daemon has 2.3.0``; None if they are equal.
    """
    found = [
        f"{name} {theirs.get(name, 'absent')} where this daemon has {ours.get(name, 'absent')}"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]
    return "; ".join(found) or None


def words_of(error: Exception) -> str:
    """Say what went wrong, without a name of a file and without what stands in one: it goes into logs.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
        The words of an error of our own, the code of one of the system; empty for any other.
    """
    if isinstance(error, OSError):
        return errno_name(error)
    return str(error) if isinstance(error, (DaemonError, ModelError)) else ""
