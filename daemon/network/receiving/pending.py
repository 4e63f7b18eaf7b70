"""A storage commitment that was promised: noted on disk until it was reported on.

References
----------
PS3.4 J.3.2 Operations: the SCP answers before it has looked, and reports later.
"""

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from daemon.network.receiving.terms import Peer
from daemon.network.receiving.transactions import Transaction
from storage.durable.replace import Synced, replace_file


class Delivery(Enum):
    """What became of a report."""

    TAKEN = "taken"
    NOT_NOW = "not now"
    """The peer has something else under way on that association."""
    FAILED = "failed"
    """It did not answer, or not with success."""
    NO_WAY = "no way"
    """The association is over; or no port is known at which the peer takes reports."""


Report = Callable[[int, bytes], Delivery]
"""Takes event type and data set."""


@dataclass(slots=True)
class Pending:
    """A promise.

    Attributes
    ----------
    transaction : Transaction
    ae_title, address : str
        Of the peer.
    is_encrypted : bool
        It came by TLS.
    note : Path
    until : float
        Monotonic: what has no row by then is reported as failed.
    report : callable or None
        Reports on the association of the request, as long as that is open.
    is_explicit : bool
        That association's transfer syntax is Explicit VR Little Endian.
    looks, tries : int
        How often the ledger was asked, and a report was tried.
    next_at : float
        Monotonic: nothing is to be done before.
    """

    transaction: Transaction
    ae_title: str
    address: str
    is_encrypted: bool
    note: Path
    until: float
    report: Report | None = None
    is_explicit: bool = False
    looks: int = 0
    tries: int = 0
    next_at: float = 0.0

    @property
    def wanted(self) -> list[str]:
        """SOP instances."""
        return [instance for _, instance in self.transaction.references]

    @property
    def peer(self) -> tuple[str, str]:
        """Title and address: what fails for one of a peer's, fails for all."""
        return self.ae_title, self.address

    def forget(self) -> None:
        """Remove the note."""
        with suppress(OSError):
            os.unlink(self.note)


def promise(
    folder: Path, transaction: Transaction, peer: Peer, wait_s: float, report: Report, *, is_explicit: bool
) -> Pending:
    """Note a promise on disk.

    Parameters
    ----------
    folder : Path
    transaction : Transaction
    peer : Peer
    wait_s : float
        For the rows, seconds.
    report : callable
    is_explicit : bool

    Returns
    -------
    Pending

    Raises
    ------
    OSError
        It cannot be noted.
    """
    note = folder / f"{secrets.token_hex(8)}.json"
    noted = {
        "transaction": transaction.uid,
        "ae_title": peer.ae_title,
        "address": peer.address,
        "is_encrypted": peer.is_encrypted,
        "references": transaction.references,
    }
    replace_file(note, json.dumps(noted).encode(), Synced.CONTENT_AND_NAME)
    until = time.monotonic() + wait_s
    return Pending(
        transaction, peer.ae_title, peer.address, peer.is_encrypted, note, until, report, is_explicit
    )


def noted_promises(folder: Path, wait_s: float) -> Iterator[Pending]:
    """Read the promises that an earlier process noted, and did not keep yet.

    Parameters
    ----------
    folder : Path
    wait_s : float
        For the rows, seconds, from now on.

    Yields
    ------
    Pending
    """
    for note in sorted(folder.glob("*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            noted = json.loads(note.read_text(encoding="utf-8"))
            references = tuple((str(one), str(other)) for one, other in noted["references"])
            transaction = Transaction(str(noted["transaction"]), references)
            ae_title, address = str(noted["ae_title"]), str(noted["address"])
            is_encrypted = noted.get("is_encrypted") is True  # older notes do not say
            yield Pending(transaction, ae_title, address, is_encrypted, note, time.monotonic() + wait_s)
