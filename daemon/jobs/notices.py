"""What retention goes by: for how long a daemon ran on this spool, which no wall clock can change.

A wrong wall clock makes today's files look old. So a day's folder goes only after it was announced, and a
daemon ran on this spool for a full day since; and once the wall clock jumped, only after it ran for as long
as files are kept. What is known outlives a restart in a file; without that file, all is announced anew.

References
----------
clock_gettime(2): CLOCK_MONOTONIC stands still while the machine sleeps, CLOCK_BOOTTIME does not; both begin
anew with each start of the machine, which random(4) names by ``boot_id``.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import structlog

from daemon.errors import errno_name
from storage.durable.replace import Synced, replace_file

DAY_S: Final = 86_400.0
_WRITE_EVERY_S: Final = 300.0
_TOLERATED_JUMP_S: Final = DAY_S / 2  # ages are counted in days; a paused virtual machine lags behind
_LONGEST_OFF_S: Final = 4 * DAY_S  # of a machine over a long weekend; more may be a jump
_LONGEST_QUIET_S: Final = 14 * DAY_S  # without any file, at the first look

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Clocks:
    """All clocks at one moment.

    Parameters
    ----------
    running_s, since_boot_s : float
        Since the machine started, without and with the time that it slept, seconds.
    wall_s : float
        Since the epoch, seconds.
    boot_id : str
        Names this start of the machine.
    """

    running_s: float
    since_boot_s: float
    wall_s: float
    boot_id: str


def read_clocks() -> Clocks:
    """Read the clocks of this machine.

    Returns
    -------
    Clocks
    """
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot_id = ""
    return Clocks(time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), boot_id)


@dataclass(slots=True)
class _Known:
    """What the file holds; times in seconds of running, but for the clocks of the last look."""

    ran_s: float = 0.0
    wall_s: float | None = None
    offset_s: float = 0.0
    boot_id: str = ""
    jumped_at_s: float | None = None
    seen: dict[str, float] = field(default_factory=dict)
    announced: dict[str, float] = field(default_factory=dict)


class Notices:
    """How long each day's folder has been known and announced, in time that a daemon ran; thread-safe.

    Parameters
    ----------
    path : Path
        The file that keeps it.
    newest : callable
        Gives the newest day of which files are stored, or None; asked if there is no such file yet.
    read : callable
        Reads the clocks.
    """

    def __init__(
        self, path: Path, newest: Callable[[], date | None], read: Callable[[], Clocks] = read_clocks
    ) -> None:
        self._path = path
        self._read = read
        self._lock = threading.Lock()
        self._is_failing = False
        self._known = _read_known(path)
        now = read()
        self._last_s = self._written_s = now.running_s
        with self._lock:
            self._start(now, newest)
            self._write()

    def tick(self) -> None:
        """Count the time that passed, and notice a wall clock that jumped; to be called often."""
        now = self._read()
        if now.running_s - self._written_s < _WRITE_EVERY_S:
            return
        with self._lock:
            self._count(now)
            self._write()

    def see(self, folders: Iterable[str]) -> None:
        """Note which folders are there now; what was known of others is dropped.

        Parameters
        ----------
        folders : iterable of str
            Such as ``done/2026-11-23``.
        """
        with self._lock:
            self._count(self._read())
            known, there = self._known, set(folders)
            known.seen = {name: known.seen.get(name, known.ran_s) for name in sorted(there)}
            known.announced = {name: at for name, at in known.announced.items() if name in there}
            self._write()

    def announce(self, folder: str) -> bool:
        """Note that a folder is announced.

        Parameters
        ----------
        folder : str

        Returns
        -------
        bool
            False if it was before.
        """
        with self._lock:
            is_new = folder not in self._known.announced
            self._known.announced.setdefault(folder, self._known.ran_s)
            self._write()
            return is_new

    def was_announced(self, folder: str) -> bool:
        """Return whether a folder was announced a full day of running ago.

        Parameters
        ----------
        folder : str

        Returns
        -------
        bool
        """
        return self._is_a_day_ago(self._known.announced, folder)

    def was_there(self, folder: str) -> bool:
        """Return whether a folder was seen a full day of running ago.

        Parameters
        ----------
        folder : str

        Returns
        -------
        bool
        """
        return self._is_a_day_ago(self._known.seen, folder)

    def rests_for(self, kept_days: int) -> float:
        """Return for how many more days of running nothing goes by its age, since the wall clock jumped.

        Parameters
        ----------
        kept_days : int
            Days that files are kept.

        Returns
        -------
        float
            0 or less: ages can be trusted.
        """
        with self._lock:
            jumped_at_s = self._known.jumped_at_s
            return 0.0 if jumped_at_s is None else kept_days - (self._known.ran_s - jumped_at_s) / DAY_S

    def _is_a_day_ago(self, since: dict[str, float], folder: str) -> bool:
        with self._lock:
            return folder in since and self._known.ran_s - since[folder] >= DAY_S

    def _start(self, now: Clocks, newest: Callable[[], date | None]) -> None:
        """Compare the clocks with those of the daemon before, or with the newest file."""
        known = self._known
        if known.wall_s is not None and now.boot_id and now.boot_id == known.boot_id:
            self._count(now)
            return
        day = newest() if known.wall_s is None else None
        before_s = known.wall_s if day is None else _noon_s(day)
        known.boot_id, known.wall_s, known.offset_s = now.boot_id, now.wall_s, now.wall_s - now.since_boot_s
        off_s = 0.0 if before_s is None else now.wall_s - before_s
        if not -_TOLERATED_JUMP_S <= off_s <= (_LONGEST_OFF_S if day is None else _LONGEST_QUIET_S):
            self._note_jump(off_s)

    def _count(self, now: Clocks) -> None:
        known, offset_s = self._known, now.wall_s - now.since_boot_s
        known.ran_s += max(0.0, now.running_s - self._last_s)
        self._last_s, known.wall_s = now.running_s, now.wall_s
        jump_s = offset_s - known.offset_s  # small ones add up: the offset they are compared with stays
        if abs(jump_s) > _TOLERATED_JUMP_S:
            known.offset_s = offset_s
            self._note_jump(jump_s)

    def _note_jump(self, jump_s: float) -> None:
        """Let nothing go by its age until a daemon ran for as long as files are kept."""
        self._known.jumped_at_s = self._known.ran_s
        self._known.announced.clear()
        _log.warning("clock_jumped", days=round(jump_s / DAY_S, 1), remedy="retention_rests")

    def _write(self) -> None:
        self._written_s = self._last_s
        try:
            content = json.dumps(asdict(self._known)).encode()
            replace_file(self._path, content, Synced.CONTENT, writer="daemon")
        except OSError as error:
            if not self._is_failing:
                _log.warning("notices_write_failed", error=errno_name(error))
            self._is_failing = True
        else:
            self._is_failing = False


def _noon_s(day: date) -> float:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()


def _read_known(path: Path) -> _Known:
    try:
        return _Known(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return _Known()
