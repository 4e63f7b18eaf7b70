"""How often a claimed file was tried, so that a daemon that dies over it finds at the next start that it did.

Fault 53.
"""

import os
from contextlib import suppress
from typing import Final

from daemon.spool.claim import Claim, note_lines

_BLAME: Final = 3
"""For an attempt that ended with the daemon before a child had answered; 1 for one that ended later."""
MAX_BLAME: Final = 3 * _BLAME
"""A file that is found with so much is not opened again: three daemons died while a child had it."""

_ATTEMPT: Final = "attempt\n"
_ANSWERED: Final = "answered\n"
_WITHDRAWN: Final = "withdrawn\n"


def note_attempt(claim: Claim) -> None:
    """Write down that the file is about to be opened.

    Parameters
    ----------
    claim : Claim
    """
    _append(claim, _ATTEMPT, os.O_CREAT)


def note_answer(claim: Claim) -> None:
    """Write down that a child has answered: what ends the daemon from now on is hardly this file.

    A note that cannot be written is none: the file is blamed a little more, should the daemon end now.

    Parameters
    ----------
    claim : Claim
    """
    with suppress(OSError):
        _append(claim, _ANSWERED, os.O_CREAT)


def note_withdrawal(claim: Claim) -> None:
    """Write down that the daemon ended in good order before the file had its row: no fault of the file.

    A claim that has gone meanwhile gets no note; see `note_answer` for one that cannot be written.

    Parameters
    ----------
    claim : Claim
    """
    with suppress(OSError):
        _append(claim, _WITHDRAWN)


def _append(claim: Claim, line: str, flags: int = 0) -> None:
    """Add a line to a note by one write(2); a text file costs more than that, and each scan has two lines."""
    descriptor = os.open(claim.note, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | flags, 0o600)
    try:
        os.write(descriptor, line.encode("ascii"))
    finally:
        os.close(descriptor)


def attempts(claim: Claim) -> int:
    """Count how often the file was about to be opened.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    int
    """
    return note_lines(claim.note).count(_ATTEMPT)


def blame(claim: Claim) -> int:
    """Return how strong the evidence is that the file ends its daemons; see `MAX_BLAME`.

    Power cuts and kills hit the innocent too, and at each start the same files come first: so an attempt
    counts in full only where the child that had the file never answered, and not at all where the daemon
    ended in good order.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    int
        Thirds of an attempt.
    """
    whole = latest = 0
    for line in note_lines(claim.note):
        if line == _ATTEMPT:
            whole, latest = whole + latest, _BLAME
        elif line in {_ANSWERED, _WITHDRAWN}:
            latest = min(latest, line == _ANSWERED)
    return whole + latest


def may_be_last(claim: Claim) -> bool:
    """Return whether the file is not opened again if the daemon ends in the next attempt.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    bool
    """
    return blame(claim) + _BLAME >= MAX_BLAME
