"""Objects that shall be sent again: those of scans, those that were refused, or all of a destination.

What lies in the outbox goes back to waiting by a rename, while a sender runs or not; what does not is wished
for, and made by the sender.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from daemon.network.sending.entries import Entry, State, entries, move
from daemon.network.sending.notes import Note, forget, write_peer_note
from daemon.network.sending.outbox import Outbox
from daemon.network.sending.wishes import unmade, wish_from_the_beginning, wish_once_more


@dataclass(frozen=True, slots=True)
class Resent:
    """What will be sent again.

    Parameters
    ----------
    objects : int
        That lay in the outbox.
    scans : int
        Of which objects are to be made.
    """

    objects: int
    scans: int


def resend_scans(outbox: Outbox, folders: Iterable[Path], scan_ids: Iterable[str]) -> Resent:
    """Send all objects of scans again, to each destination.

    Parameters
    ----------
    outbox : Outbox
    folders : iterable of Path
        Of the destinations.
    scan_ids : iterable of str

    Returns
    -------
    Resent

    Raises
    ------
    OSError
        The disk refused.
    """
    wanted = frozenset(scan_ids)
    again = 0
    for folder in folders:
        for state in State:
            again += _back(entry for entry in entries(folder, state) if entry.scan_id in wanted)
        write_peer_note(folder, Note())
    for scan_id in sorted(wanted):  # also those of which some lay there: another destination may lack them
        wish_once_more(outbox, scan_id)
    return Resent(again, len(wanted))


def resend_refused(outbox: Outbox, folders: Iterable[Path]) -> Resent:
    """Send what was refused again, and make what could not be made.

    Parameters
    ----------
    outbox : Outbox
    folders : iterable of Path

    Returns
    -------
    Resent

    Raises
    ------
    OSError
        The disk refused.
    """
    again = 0
    for folder in folders:
        again += _back(entries(folder, State.REFUSED))
    scan_ids = unmade(outbox)
    for scan_id in scan_ids:
        wish_once_more(outbox, scan_id)
    return Resent(again, len(scan_ids))


def resend_all(folder: Path) -> Resent:
    """Send all answers that the database holds to a destination, whatever it got before.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Resent
        Of the objects that lay in the outbox; the sender makes the others.

    Raises
    ------
    OSError
        The disk refused.
    """
    again = sum(_back(entries(folder, state)) for state in State)
    wish_from_the_beginning(folder)
    write_peer_note(folder, Note())
    return Resent(again, 0)


def _back(objects: Iterable[Entry]) -> int:
    """Let objects wait, without what was remembered of them."""
    again = 0
    for entry in objects:
        forget(entry)
        again += entry.state is State.WAITING or move(entry, State.WAITING) is not None
    return again
