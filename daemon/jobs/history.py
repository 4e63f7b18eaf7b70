"""When each calendar job ran last, how that ended, and when it runs next: a file that outlives a restart."""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog

from daemon.errors import errno_name
from storage.durable.replace import Synced, replace_file

Ending = Literal["done", "failed"]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one job.

    Parameters
    ----------
    planned_for : str or None
        The time for which it ran last, ISO 8601; it never runs for one time twice.
    started_at, finished_at : str or None
        Of its last run, ISO 8601 with zone.
    ended : str or None
        ``done`` or ``failed``; None while its first run is under way.
    result : mapping
        What it did, or the code of what went wrong.
    succeeded_at : str or None
        When it last ended well.
    next_at : str or None
        When it runs next; None: it is not planned.
    """

    planned_for: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    ended: Ending | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    succeeded_at: str | None = None
    next_at: str | None = None


class History:
    """The entries of all jobs; thread-safe.

    Parameters
    ----------
    path : Path
        The file that keeps them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries = read_history(path)
        self._is_failing = False

    def entry(self, name: str) -> Entry:
        """Return what is known of a job.

        Parameters
        ----------
        name : str

        Returns
        -------
        Entry
            Empty for a job that never ran.
        """
        with self._lock:
            return self._entries.get(name, Entry())

    def entries(self) -> dict[str, Entry]:
        """Return what is known of every job.

        Returns
        -------
        dict of str to Entry
            By name.
        """
        with self._lock:
            return dict(self._entries)

    def plan(self, times: Mapping[str, datetime | None]) -> None:
        """Write when the jobs run next; jobs that are not among them are removed.

        Parameters
        ----------
        times : mapping of str to (datetime or None)
            By name; aware.
        """
        with self._lock:
            self._entries = {
                name: replace(self._entries.get(name, Entry()), next_at=at.isoformat() if at else None)
                for name, at in times.items()
            }
            self._write()

    def unplan(self) -> None:
        """Forget when the daemon before meant to run them; nothing is written where nothing was planned."""
        with self._lock:
            if any(entry.next_at is not None for entry in self._entries.values()):
                self._entries = {name: replace(one, next_at=None) for name, one in self._entries.items()}
                self._write()

    def began(self, name: str, planned_for: datetime, now: datetime) -> None:
        """Write that a job runs.

        Parameters
        ----------
        name : str
        planned_for : datetime
            The time for which it runs; aware.
        now : datetime
            Aware.
        """
        self._change(name, planned_for=planned_for.isoformat(), started_at=now.isoformat())

    def ended(self, name: str, ending: Ending, result: Mapping[str, Any], now: datetime) -> None:
        """Write how a run ended.

        Parameters
        ----------
        name : str
        ending : {"done", "failed"}
        result : mapping
            What it did, or the code of what went wrong.
        now : datetime
            Aware.
        """
        values: dict[str, Any] = {"finished_at": now.isoformat(), "ended": ending, "result": dict(result)}
        if ending == "done":
            values["succeeded_at"] = now.isoformat()
        self._change(name, **values)

    def _change(self, name: str, **values: Any) -> None:
        with self._lock:
            self._entries[name] = replace(self._entries.get(name, Entry()), **values)
            self._write()

    def _write(self) -> None:
        """Replace the file; where the disk refuses, what is known is known to this process alone."""
        content = json.dumps({name: asdict(entry) for name, entry in self._entries.items()}).encode()
        try:
            replace_file(self._path, content, Synced.NOTHING, writer="daemon")
        except OSError as error:
            if not self._is_failing:
                _log.warning("schedule_write_failed", error=errno_name(error))
            self._is_failing = True
        else:
            self._is_failing = False


def read_history(path: Path) -> dict[str, Entry]:
    """Read what a daemon wrote of its jobs.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to Entry
        Empty if there is no such file, or something else stands there.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {name: Entry(**entry) for name, entry in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
