"""How often a claimed file was tried, so that a daemon that dies over it finds at the next start that it did.

A daemon that is killed leaves an attempt without its end (fault 53); one that ends with an error writes the
error's name beside the claims that it had in hand then (fault 73).
"""

import os
from contextlib import suppress
from typing import Final

from daemon.errors import InputOutputError, errno_name
from daemon.spool.claim import NOTE_SUFFIX, Claim, note_lines
from daemon.spool.folders import Spool
from storage.errors import DatabaseUnavailable

_BLAME: Final = 3
"""For an attempt that ended with the daemon before a child had answered; 1 for one that ended later."""
MAX_BLAME: Final = 3 * _BLAME
"""A file that is found with so much is not opened again: three daemons died while a child had it."""

_ATTEMPT: Final = "attempt\n"
_ANSWERED: Final = "answered\n"
_WITHDRAWN: Final = "withdrawn\n"
_ENDED: Final = "ended "
_AGAIN: Final = "again\n"
_MOST_ENDS: Final = 3
"""A claim beside which a daemon ended so often in a row with the same error is left alone."""
_ENDED_BY_DISK: Final = f"{_ENDED}{InputOutputError.code}\n"  # no reason to take a file for one that crashes


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


def note_end(claim: Claim, error: BaseException) -> None:
    """Write down that the daemon ends with an error while it has the file in hand.

    A database that is away is never a file's fault, and is not noted; see `note_answer` for a note that
    cannot be written.

    Parameters
    ----------
    claim : Claim
    error : BaseException
    """
    if not isinstance(error, DatabaseUnavailable):
        with suppress(OSError):
            _append(claim, f"{_ENDED}{_cause(error)}\n", os.O_CREAT)


def note_another_try(claim: Claim) -> None:
    """Write down that a claim which was set aside is to be tried again by the next daemon.

    Parameters
    ----------
    claim : Claim

    Raises
    ------
    OSError
        The note cannot be written.
    """
    _append(claim, _AGAIN)


def _cause(error: BaseException) -> str:
    if isinstance(error, OSError):
        return errno_name(error)
    return str(getattr(error, "code", type(error).__name__)).encode("ascii", "replace").decode()


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
        elif line in {_ANSWERED, _WITHDRAWN, _ENDED_BY_DISK}:
            latest = min(latest, line == _ANSWERED)
    return whole + latest


def ends(claim: Claim) -> tuple[int, str]:
    """Return how often in a row daemons ended beside the claim with one and the same error.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    tuple of (int, str)
        The number, and the error's name.
    """
    times, cause = 0, ""
    for line in note_lines(claim.note):
        if line == _AGAIN:
            times = 0
        elif line.startswith(_ENDED):
            was, cause = cause, line.removeprefix(_ENDED).strip()
            times = times + 1 if cause == was else 1
    return times, cause


def is_set_aside(claim: Claim) -> bool:
    """Return whether the claim is to be left alone, so that a daemon that starts again and again goes on.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    bool
    """
    return ends(claim)[0] >= _MOST_ENDS


def claims_set_aside(spool: Spool) -> list[Claim]:
    """Find the claims that are set aside, without touching any: a daemon may run.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    list of Claim
        Without their sources.
    """
    notes = sorted(spool.claimed.glob(f"*{NOTE_SUFFIX}"))
    found = [Claim(note.stem, note.with_suffix(""), b"") for note in notes]
    return [claim for claim in found if is_set_aside(claim)]


def may_be_last(claim: Claim) -> bool:
    """Return whether the file is not opened again if the daemon dies, or ends alike, in the next attempt.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    bool
    """
    return blame(claim) + _BLAME >= MAX_BLAME or ends(claim)[0] + 1 == _MOST_ENDS
