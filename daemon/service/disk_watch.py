"""Whether the disk that refused something takes it again (faults 35 and 36)."""

import time
from typing import Final

from daemon.errors import InputOutputError
from daemon.pauses import Pauses
from daemon.spool.disk import probe_disk
from daemon.spool.folders import Spool

_PROBE_S: Final = 5.0


class DiskWatch:
    """Whether the disk that refused something takes it again.

    Parameters
    ----------
    spool : Spool
    pauses : Pauses
    probe_s : float
        Between two tries of a disk that refused something, seconds.
    """

    def __init__(self, spool: Spool, pauses: Pauses, probe_s: float = _PROBE_S) -> None:
        self._probe_s = probe_s
        self._spool = spool
        self._pauses = pauses
        self._next_probe = 0.0
        self._well_at = time.monotonic()

    def tend(self) -> bool:
        """Go on by itself when there is room again.

        Returns
        -------
        bool
            True if intake goes on.
        """
        now = time.monotonic()
        if not self._pauses.has("disk") or now < self._next_probe:
            return False
        self._next_probe = now + self._probe_s
        if not probe_disk(self._spool):
            return False
        self._pauses.resume("disk")
        return True

    def give_up_after(self, wait_s: float) -> None:
        """End the wait for a disk that does not recover; to be called after each pass of the loop.

        A disk may pass each probe, and refuse what is asked of it in the same pass: the pause is a new one
        then, and the disk has not recovered.

        Parameters
        ----------
        wait_s : float

        Raises
        ------
        InputOutputError
            No pass has ended without the pause for so long, seconds.
        """
        now = time.monotonic()
        if not self._pauses.has("disk"):
            self._well_at = now
        elif now - self._well_at > wait_s:
            raise InputOutputError(
                f"the disk under the spool {self._spool.root} has taken nothing for {wait_s:g} s. "
                "Make room or mend it, then start again; what is claimed is finished then."
            )
