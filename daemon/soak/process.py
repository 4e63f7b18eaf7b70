"""The daemon of a soak: a real one, in a process of its own, with nothing of the user's but how it works."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daemon.errors import DaemonAwayError
from daemon.monitoring.status_file import read_status
from daemon.settings.fields import ENV_PREFIX
from daemon.spool.folders import Spool

if TYPE_CHECKING:
    from daemon.settings.fields import Settings

# How the daemon works is the user's; where it works and what it does by the calendar is not.
TAKEN_OVER: Final = (
    "batch_size",
    "batch_wait_ms",
    "decode_memory_mb",
    "decode_tasks_per_child",
    "decode_workers",
    "engine",
    "inference_threads",
    "model",
    "polling",
)
_STOP_S: Final = 120
HASTY: Final = {
    "look_interval_ms": 50,
    "settle_s": 0.2,
    "incomplete_wait_s": 0.5,
    "sweep_s": 2,
    "stop_s": _STOP_S,
    "log_format": "json",
}
_MANAGERS: Final = ("CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_MARK: Final = "SOAK_OF_INBOXRAY"  # in the environment of the daemon and of all its children
_READY_S: Final = 600.0
_LOOK_S: Final = 0.01
_END_S: Final = 30.0


class SoakDaemon:
    """Starts, kills and stops the daemon of one soak.

    Parameters
    ----------
    spool : Spool
        Of the soak alone.
    database_url : str
        Of the soak alone.
    settings : Settings
        Those of the user, of which it takes over `TAKEN_OVER`.
    """

    def __init__(self, spool: Spool, database_url: str, settings: "Settings") -> None:
        self._spool = spool
        self._config = spool.root / "soak.toml"
        self._log = spool.root / "soak.log"
        self._process: subprocess.Popen[bytes] | None = None
        values = {name: getattr(settings, name) for name in TAKEN_OVER} | HASTY
        values["database_url"] = database_url
        lines = (f"{name} = {_toml(value)}\n" for name, value in values.items() if value is not None)
        self._config.touch(mode=0o600)  # the URL may hold a password
        self._config.write_text("".join(lines), encoding="utf-8")

    @property
    def log(self) -> Path:
        """What all daemons of the soak wrote."""
        return self._log

    def start(self) -> None:
        """Start it; it is not ready yet."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ENV_PREFIX) and name not in _MANAGERS
        }
        with self._log.open("ab") as lines:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [
                    *(sys.executable, "-m", "daemon.cli.bound", str(os.getpid()), "run"),
                    *("--config", str(self._config), "--spool", str(self._spool.root)),
                ],
                env=inherited | {_MARK: str(self._spool.root)},
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
            )

    def ended(self) -> int | None:
        """Return its exit code if it ended by itself.

        Returns
        -------
        int or None
        """
        return None if self._process is None else self._process.poll()

    def wait_until(
        self, holds: Callable[[], bool], timeout_s: float, what: str, every_s: float = _LOOK_S
    ) -> None:
        """Wait for a condition, but not longer than the daemon lives.

        Parameters
        ----------
        holds : callable
        timeout_s : float
        what : str
        every_s : float

        Raises
        ------
        DaemonAwayError
            It ended, or the time was over.
        """
        deadline = time.monotonic() + timeout_s
        while not holds():
            if (code := self.ended()) is not None:
                raise DaemonAwayError(f"the daemon ended by itself with {code}; its log: {self._log}")
            if time.monotonic() > deadline:
                raise DaemonAwayError(f"the daemon did not get to {what}; its log: {self._log}")
            time.sleep(every_s)

    def wait_until_ready(self) -> None:
        """Wait until it watches the inbox."""
        self.wait_until(self.is_ready, _READY_S, "watching its inbox")

    def is_ready(self) -> bool:
        """Return whether it watches the inbox.

        Returns
        -------
        bool
        """
        status = read_status(self._spool.root) or {}
        mine = self._process is not None and status.get("pid") == self._process.pid
        return mine and status.get("watcher") is not None

    def is_caught(self, at_work: Callable[[], bool]) -> bool:
        """Hold it (SIGSTOP), whatever it does now, and let it go on unless it is at work then.

        Else the few files that it works at are answered before a machine that is busy comes to the kill.

        Parameters
        ----------
        at_work : callable
            Looks, before it is held and then.

        Returns
        -------
        bool
            True: it is held, and only to be killed.
        """
        process = self._process
        if process is None or not at_work():
            return False
        process.send_signal(signal.SIGSTOP)
        with suppress(ChildProcessError):  # it ended, and was waited for
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if at_work():
            return True
        process.send_signal(signal.SIGCONT)
        return False

    def kill(self) -> int:
        """Kill it with SIGKILL; return how it ended, -9 unless it had ended before.

        Returns
        -------
        int
        """
        return self._end(signal.SIGKILL, timeout_s=60)

    def stop(self) -> int:
        """Ask it to end as an operator would; return its exit code.

        Returns
        -------
        int
        """
        return self._end(signal.SIGTERM, timeout_s=_STOP_S + 30)

    def _end(self, number: int, timeout_s: float) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def end_all(self) -> None:
        """Kill whatever there is of this soak, also a daemon whose start a signal interrupted."""
        self.kill()
        deadline = time.monotonic() + _END_S
        while (left := processes_of(self._spool.root)) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_LOOK_S)


def processes_of(root: Path) -> list[int]:
    """Find every process that a daemon of a soak started, however long ago.

    Parameters
    ----------
    root : Path
        Of the soak's spool.

    Returns
    -------
    list of int

    References
    ----------
    proc_pid_environ(5): the environment that a process was given, which forks and children keep.
    """
    mark = f"{_MARK}={root}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):  # ended meanwhile, or another user's
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def _toml(value: object) -> str:
    return json.dumps(str(value) if isinstance(value, Path) else value)
