"""A canary: a synthetic radiograph that the daemon drops into its own inbox, and whose answer it waits for.

It is treated like every file, and its row is marked; its file is removed once that row is committed. It shows
that there is an answer, and how long that takes.
"""

import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from daemon.spool.claim import CANARY
from daemon.spool.disk import PROBE_PREFIX
from daemon.spool.folders import Spool
from daemon.spool.origins import InboxNote
from daemon.spool.rename import rename_new
from storage.records import ScanRecord

FILE_NAME: Final = "inboxray-canary.dcm"
NO_ANSWER: Final = "no answer"


class Canary:
    """What became of the last canary; thread-safe.

    Parameters
    ----------
    spool : Spool
    within_s : float
        Longest time that one may wait for its answer, seconds.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, spool: Spool, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._spool = spool
        self._within_s = within_s
        self._clock = clock
        self._lock = threading.Lock()
        self._dropped_at: float | None = None
        self._latency_s: float | None = None
        self._failure: str | None = None

    def drop(self) -> Mapping[str, Any]:
        """Put a canary into the inbox, unless an earlier one lies there or may still be answered in time.

        Returns
        -------
        mapping
            ``dropped``: whether it did; ``latency_s``: that of the last answer.

        Raises
        ------
        OSError
            The spool cannot be written.
        """
        lies_in_inbox = os.path.lexists(self._spool.inbox / FILE_NAME)
        with self._lock:
            now, dropped_at = self._clock(), self._dropped_at
            is_late = dropped_at is not None and now - dropped_at > self._within_s
            is_due = not lies_in_inbox and (dropped_at is None or is_late)
            if is_late and is_due:
                self._failure = NO_ANSWER  # it was removed, or is still in progress: the next one decides
            if is_due or dropped_at is None:
                self._dropped_at = now
            latency_s = self._latency_s
        if is_due:
            try:
                self._put()
            except OSError:
                with self._lock:
                    self._dropped_at = None
                raise
        return {"dropped": is_due, "latency_s": latency_s}

    def answered(self, row: ScanRecord) -> float | None:
        """Note that a canary has its row.

        Parameters
        ----------
        row : ScanRecord

        Returns
        -------
        float or None
            Seconds since it was dropped; None for one of an earlier daemon.
        """
        with self._lock:
            waited = None if self._dropped_at is None else self._clock() - self._dropped_at
            self._dropped_at = None
            self._failure = row.error_code
            self._latency_s = waited
            return waited

    def reasons(self) -> list[str]:
        """Return what is wrong: a canary that waits too long, or one that was not classified.

        Returns
        -------
        list of str
            Empty if nothing is.
        """
        with self._lock:
            waits = 0.0 if self._dropped_at is None else self._clock() - self._dropped_at
            late = [f"canary: no answer for {waits:.0f} s"] if waits > self._within_s else []
            return late + ([f"canary: {self._failure}"] if self._failure else [])

    @property
    def latency_s(self) -> float | None:
        """How long the last one waited for its answer, seconds; None if none was answered."""
        return self._latency_s

    def _put(self) -> None:
        from model.synthetic.canary import canary_file

        beside = self._spool.claimed / f"{PROBE_PREFIX}canary"
        beside.write_bytes(canary_file(f"2.25.{uuid.uuid4().int}"))
        InboxNote.of(self._spool, beside.stat(), CANARY).write()
        rename_new(os.fsencode(beside), os.fsencode(self._spool.inbox / FILE_NAME))
