"""Drop the files, let the daemon answer, show the answers.

The daemon is a child process. Its settings make it not wait long for files that will never be complete, and
leave chests out, as one would who has bones to sort. They are a file of the spool, for what is
tried next.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count as numbers
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from daemon.cli.output import note
from daemon.demo.files import FILES, make_files
from daemon.demo.settings import options, write_settings
from daemon.errors import CannotCreateError, DaemonAwayError
from daemon.monitoring.status_file import daemon_is_running, read_status
from daemon.spool.folders import Spool

SPOOL: Final = Path("demo-spool")
_READY_S: Final = 60.0
_ANSWERS_S: Final = 180.0
_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon of the demo.

    Parameters
    ----------
    process : Popen
    log : Path
        Its log, JSON lines.
    """

    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_until(self, holds: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for a condition, but not longer than the daemon lives.

        Parameters
        ----------
        holds : callable
        timeout_s : float
        what : str

        Raises
        ------
        DaemonAwayError
            The daemon ended, or the time was over.
        """
        deadline = time.monotonic() + timeout_s
        while not holds():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
                raise DaemonAwayError(f"the daemon did not get to {what}; the end of its log:\n{tail}")
            time.sleep(_LOOK_S)


def main() -> None:
    """Run the demo."""
    from daemon.cli.endings import guarded

    guarded(demonstrate)


def demonstrate(folder: Path = SPOOL) -> None:
    """Drop the scans, let the daemon answer, show the answers.

    Parameters
    ----------
    folder : Path
        The demo's spool. One of an earlier demo is removed first, or moved aside if other files are in it.
    """
    from daemon.demo.answers import count, show

    spool = Spool(folder.absolute())
    clear(spool)
    staged = spool.root / ".staged"
    names = make_files(staged)
    write_settings(spool.root)
    with serving(spool) as daemon, _progress() as progress:
        task = progress.add_task("starting the daemon", total=len(names))
        daemon.wait_until(lambda: _is_ready(spool, daemon), _READY_S, "being ready")
        progress.update(task, description="answering")
        for name in names:
            _drop(staged / name, spool.inbox / name)
        shutil.rmtree(staged)

        def all_answered() -> bool:
            answered = count(spool)
            progress.update(task, completed=answered)
            return answered >= len(names)

        daemon.wait_until(all_answered, _ANSWERS_S, "the last answer")
    show(spool)


def clear(spool: Spool) -> None:
    """Make room: remove the spool of an earlier demo; move it aside if it holds what is not the demo's.

    Parameters
    ----------
    spool : Spool

    Raises
    ------
    CannotCreateError
        It is no spool, or a daemon runs on it.
    """
    if not spool.root.exists():
        return
    if not spool.inbox.is_dir():
        raise CannotCreateError(f"{spool.root} is no spool of an earlier demo; move it away")
    if daemon_is_running(spool.root):
        raise CannotCreateError(f"a daemon runs on {spool.root}; stop it first")
    if not _has_files_of_others(spool):
        shutil.rmtree(spool.root)
        return
    places = (spool.root.with_name(f"{spool.root.name}.{number}") for number in numbers(1))
    aside = next(path for path in places if not os.path.lexists(path))
    spool.root.rename(aside)
    note(f"{spool.root.name} holds files that are not the demo's: it is {aside.name} now, rows and all")


def _has_files_of_others(spool: Spool) -> bool:
    """Look for a file that no demo dropped: one of the user's own, waiting or answered."""
    made = set(FILES)
    for folder, depth in ((spool.inbox, 0), (spool.claimed, 1), (spool.done, 1), (spool.failed, 1)):
        for path in folder.rglob("*"):
            if path.is_dir():
                continue
            name = "/".join(path.relative_to(folder).parts[depth:]).removesuffix(".reason.json")
            if name and name not in made:  # a note beside a claim has none
                return True
    return False


@contextmanager
def serving(spool: Spool) -> Iterator[Daemon]:
    """Run the daemon on a spool, by its command line, and stop it in the end as an operator would.

    Parameters
    ----------
    spool : Spool

    Yields
    ------
    Daemon
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INBOXRAY_")}
    log = spool.root / "daemon.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "daemon", *options(spool.root), "run"],
            env=environment,
            stdout=lines,
            stderr=lines,
        )
    try:
        yield Daemon(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_ready(spool: Spool, daemon: Daemon) -> bool:
    status = read_status(spool.root) or {}
    # While it is starting the database may have no tables yet.
    return status.get("pid") == daemon.process.pid and status.get("state") == "running"


def _drop(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
