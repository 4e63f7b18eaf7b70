"""How many peers may be connected, and which of them gives way when one more comes.

A peer that sends is let finish. One that holds a place and sends next to nothing gives way once another wants
it, so that a flood of silent or trickling connections keeps no other peer out.
"""

import threading
from typing import Final, Protocol

MOST_WAITING: Final = 64
"""Connections that have not asked for an association yet."""
SLOW_BYTES_PER_S: Final = 65_536
"""Below it a peer is slow: a modality on any network sends faster."""
GRACE_S: Final = 0.25
"""Before that no peer is slow."""


class Member(Protocol):
    """A peer that is connected."""

    def pace(self) -> tuple[float, float]:
        """Return seconds and bytes per second since it was last done with something, or began.

        Returns
        -------
        tuple of (float, float)
        """

    def give_way(self, reason: str) -> None:
        """End it, from another thread.

        Parameters
        ----------
        reason : str
            A word for the log.
        """


class Slots:
    """Places for peers: for those that only connected, and for those with an association.

    Parameters
    ----------
    associations : int
        Most at once.
    """

    def __init__(self, associations: int) -> None:
        self._most = associations
        self._lock = threading.Lock()
        self._waiting: list[Member] = []
        self._seated: list[Member] = []

    def wait(self, member: Member) -> None:
        """Let a peer in that just connected; beyond `MOST_WAITING` the one that waits for longest goes.

        Parameters
        ----------
        member : Member
        """
        with self._lock:
            self._waiting.append(member)
            longest = self._waiting.pop(0) if len(self._waiting) > MOST_WAITING else None
        if longest is not None:
            longest.give_way("crowded_out")

    def take(self, member: Member) -> bool:
        """Give a peer the place of an association.

        Parameters
        ----------
        member : Member

        Returns
        -------
        bool
            False: all are taken, by peers that send.
        """
        with self._lock:
            if member in self._waiting:
                self._waiting.remove(member)
            slowest = None
            if len(self._seated) >= self._most:
                slowest = self._slowest()
                if slowest is None:
                    return False
                self._seated.remove(slowest)
            self._seated.append(member)
        if slowest is not None:
            slowest.give_way("gave_way")
        return True

    def _slowest(self) -> Member | None:
        paces = [(*member.pace(), number) for number, member in enumerate(self._seated)]
        slow = [
            (rate, -age, number) for age, rate, number in paces if age > GRACE_S and rate < SLOW_BYTES_PER_S
        ]
        return self._seated[min(slow)[2]] if slow else None

    def leave(self, member: Member) -> None:
        """Take the place of a peer back, if it has one.

        Parameters
        ----------
        member : Member
        """
        with self._lock:
            for places in (self._waiting, self._seated):
                if member in places:
                    places.remove(member)
