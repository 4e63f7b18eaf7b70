"""Scans of which no object could be made: tried again a few times, for much of what goes wrong passes.

A child that decodes may be killed for want of memory, or run out of its time on a machine that is busy. What
was recorded as unmade is tried again after each start, too.
"""

from typing import Final

from daemon.network.sending.outbox import Outbox
from daemon.network.sending.wishes import forget_unmade, note_unmade, unmade

_FIRST_S: Final = 60.0
_FACTOR: Final = 4.0
_TRIES: Final = 5
"""Beside the first: after a minute, four, sixteen ..., together most of a day."""


class Unmade:
    """What could not be made, and when it is tried again.

    Parameters
    ----------
    outbox : Outbox
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._tries: dict[str, tuple[int, float]] = {}
        self._has_looked = False

    def note(self, scan_id: str, why: str, now: float) -> None:
        """Keep in mind that no object of a scan could be made, and why.

        Parameters
        ----------
        scan_id, why : str
        now : float
            Monotonic, seconds.

        Raises
        ------
        OSError
            The disk refused.
        """
        note_unmade(self._outbox, scan_id, why)
        tries = self._tries.get(scan_id, (0, 0.0))[0]
        self._tries[scan_id] = (tries + 1, now + _FIRST_S * _FACTOR**tries)

    def forget(self, scan_id: str) -> None:
        """Forget a scan: its objects were made, or never can be.

        Parameters
        ----------
        scan_id : str
        """
        self._tries.pop(scan_id, None)
        forget_unmade(self._outbox, scan_id)

    def due(self, now: float) -> list[str]:
        """List the scans that are to be tried again.

        Parameters
        ----------
        now : float

        Returns
        -------
        list of str
            Their ids.
        """
        if not self._has_looked:
            self._has_looked = True
            for scan_id in unmade(self._outbox):
                self._tries.setdefault(scan_id, (1, now + _FIRST_S))
        return [scan_id for scan_id, (tries, at) in self._tries.items() if at <= now and tries <= _TRIES]
