"""What can go wrong between us and a peer: at which step, and what to do about it.

A message names the peer by its address in the settings, and nothing of a patient; what a peer answers in
words of its own is not repeated.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that failed.

    Parameters
    ----------
    step : str
        One of ``resolve``, ``connect``, ``tls``, ``associate``, ``context``, ``authorise``, ``store``,
        ``confirm``.
    error : str
        What happened.
    remedy : str
        What to do.
    """

    step: str
    error: str
    remedy: str


class PeerFailed(Exception):  # noqa: N818 -- what happened, in the past
    """The peer, or the way to it, takes nothing now: everything for it waits.

    Parameters
    ----------
    failure : Failure
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.step}: {failure.error}; {failure.remedy}")
        self.failure = failure


class Verdict(Enum):
    """What a peer answered to one object."""

    STORED = "stored"
    CONFIRMED = "confirmed"
    """It is there to stay, as a file that was synced."""
    REFUSED = "refused"
    """For good: the same object is refused again."""
    NOT_NOW = "not now"
    """This object is tried again; it says nothing of others."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered to one object.

    Parameters
    ----------
    verdict : Verdict
    failure : Failure or None
        Why it was not stored.
    warning : int or None
        The status of a warning: it was stored, but not as it is.
    """

    verdict: Verdict
    failure: Failure | None = None
    warning: int | None = None


STORED = Answer(Verdict.STORED)


class Presence(Enum):
    """What a peer answered when it was asked for an object."""

    THERE = "there"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It was asked, and has not answered yet."""
    NOT_OFFERED = "not offered"
    """It offers no way to ask."""
