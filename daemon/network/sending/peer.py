"""What takes objects: an archive, a web server or a folder, each in a module of its own."""

from collections.abc import Callable, Sequence
from typing import Protocol

from daemon.network.sending.entries import Entry
from daemon.network.sending.failure import Answer, Presence


class Peer(Protocol):
    """What takes objects."""

    def send(self, batch: Sequence[Entry], report: Callable[[Entry, Answer], bool]) -> None:
        """Send objects, and report each answer at once.

        Parameters
        ----------
        batch : sequence of Entry
            At most 100.
        report : callable
            Takes an object and its answer; returns False to end.

        Raises
        ------
        PeerFailed
            The rest of the batch was not sent.
        """

    def ask(self, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        """Ask whether it has objects.

        Parameters
        ----------
        batch : sequence of Entry

        Returns
        -------
        dict of Entry to Presence

        Raises
        ------
        PeerFailed
            It could not be asked.
        """

    def close(self) -> None:
        """Let go of connections."""
