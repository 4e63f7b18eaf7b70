"""What `inboxray send` does with the answers of a rehearsal: all of them, once, to one peer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from daemon.network.rehearsal.own_commands import run
from daemon.network.sending.entries import Entry, State, entries
from daemon.network.sending.outbox import FOLDER, Outbox
from daemon.network.sending.overview import Shelf, look
from daemon.network.sending.resending import resend_all
from daemon.settings.destinations import Destination

KINDS: Final = "sr,sc,gsps"


@dataclass(frozen=True, slots=True)
class SentBack:
    """What became of the objects.

    Parameters
    ----------
    objects : list of Entry
        In the states that they are in now.
    shelf : Shelf
        With what failed.
    unmade : dict of str to str
        Why objects of scans could not be made, by scan id.
    """

    objects: list[Entry]
    shelf: Shelf
    unmade: dict[str, str]

    def failures(self) -> list[str]:
        """Say what failed at the peer.

        Returns
        -------
        list of str
            Peer, step, what happened, what to do; each once.
        """
        found = [(self.shelf.step, self.shelf.error, self.shelf.remedy)]
        found += [(one.step, one.error, one.remedy) for one in self.shelf.troubles]
        lines = [
            f"{self.shelf.destination}: {step}: {error}; {remedy}" for step, error, remedy in found if error
        ]
        return list(dict.fromkeys(lines))


def send_back(spool: Path, destination: Destination, settings: Mapping[str, str], log: Path) -> SentBack:
    """Send what a spool's database holds, and what lies in its outbox.

    Parameters
    ----------
    spool : Path
    destination : Destination
    settings : mapping of str to str
    log : Path

    Returns
    -------
    SentBack
    """
    outbox = Outbox(spool / FOLDER)
    with outbox.held():
        resend_all(outbox.folder(destination))  # a new peer gets only what comes later
    known = {"send_to": destination.address, "dicom_results": KINDS, "outbox_keep_days": "7"}
    run(["send", "--once"], spool, {**settings, **known}, log)
    seen = look(outbox, (destination.address,))
    folder = outbox.addresses()[destination.address]
    objects = sorted(entry for state in State for entry in entries(folder, state))
    return SentBack(objects, seen.shelves[0], seen.unmade)
