"""Why intake is paused, and since when."""

import errno
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import structlog

from daemon.errors import NoClusterError, NoDecoderError, errno_name

Reason = Literal["database", "disk", "decoding", "cluster"]

DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EXDEV})

_DISK_REMEDIES: Final = {
    "ENOSPC": "make room on the spool's disk",
    "EDQUOT": "make room on the spool's disk, or raise the quota of the daemon's user",
    "EROFS": "mount the spool's disk so that it can be written",
    "EIO": "the spool's disk fails: look at the system's log",
    "EXDEV": "put inbox, claimed, done and failed on one mount",
}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Pause:
    cause: str
    since: datetime
    began: float
    """By the monotonic clock, seconds."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """A pause that lasts.

    Parameters
    ----------
    cause : str
    seconds : float
        For how long.
    """

    cause: str
    seconds: float


class Pauses:
    """The reasons for which no file is claimed now; thread-safe.

    Parameters
    ----------
    on_change : callable
        Called when a reason was added or removed.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._since: dict[Reason, _Pause] = {}

    def pause(self, reason: Reason, cause: str, remedy: str | None = None) -> None:
        """Pause intake, and log it once.

        Parameters
        ----------
        reason : str
        cause : str
            What was seen, without a path or a name.
        remedy : str, optional
            What to do, without a path or a name; of the disk, what is usual for this cause.
        """
        with self._lock:
            if reason in self._since:
                return
            self._since[reason] = _Pause(cause, datetime.now(UTC), time.monotonic())
        to_do = remedy or _DISK_REMEDIES.get(cause)
        _log.warning("intake_paused", reason=reason, cause=cause, **({"remedy": to_do} if to_do else {}))
        self._on_change()

    def for_disk(self, error: OSError) -> None:
        """Pause intake if an error says that the disk is full, read-only or broken (faults 35, 36).

        Parameters
        ----------
        error : OSError
        """
        if error.errno in DISK_ERRORS:
            self.pause("disk", errno_name(error))

    def for_decoding(self, cause: str | None) -> None:
        """Pause intake while no process that decodes can be started; go on when one could (fault 78).

        Parameters
        ----------
        cause : str or None
            None: one could.
        """
        if cause is None:
            self.resume("decoding")
        else:
            self.pause("decoding", cause, NoDecoderError.remedy)

    def for_cluster(self, cause: str | None) -> None:
        """Pause intake while no worker of the cluster answers; go on when one does.

        Parameters
        ----------
        cause : str or None
            None: one does.
        """
        if cause is None:
            self.resume("cluster")
        else:
            self.pause("cluster", cause, NoClusterError.remedy)

    def resume(self, reason: Reason) -> None:
        """Resume intake, and log it, if it was paused for this reason.

        Parameters
        ----------
        reason : Reason
        """
        with self._lock:
            known = self._since.pop(reason, None)
        if known is not None:
            rested = time.monotonic() - known.began
            _log.info("intake_resumed", reason=reason, paused_s=round(rested, 3))
            self._on_change()

    @property
    def any(self) -> bool:
        """True while intake is paused."""
        return bool(self._since)

    def has(self, reason: Reason) -> bool:
        """Return whether intake is paused for this reason.

        Parameters
        ----------
        reason : Reason

        Returns
        -------
        bool
        """
        return reason in self._since

    def lasting(self, reason: Reason) -> Lasting | None:
        """Return for how long intake has been paused for this reason, and why, at one moment.

        Any thread may end the pause, so that two questions may have answers that do not fit together.

        Parameters
        ----------
        reason : Reason

        Returns
        -------
        Lasting or None
            None while it is not paused for it.
        """
        with self._lock:
            pause = self._since.get(reason)
        return None if pause is None else Lasting(pause.cause, time.monotonic() - pause.began)

    def listed(self) -> dict[str, dict[str, str]]:
        """Reasons, each with its cause and since when, ISO 8601 UTC.

        Returns
        -------
        dict of str to dict of str to str
        """
        with self._lock:
            return {
                reason: {"since": pause.since.isoformat(), "cause": pause.cause}
                for reason, pause in self._since.items()
            }
