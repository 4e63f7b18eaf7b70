"""The naive daemon and inboxray as running programs that are given files and timed until all are answered."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass

import psutil

from tests.bench.machine import Memory, processor_s
from tests.support.daemons import environment
from tests.support.shared import ROOT
from tests.support.waiting import wait_until

_START_S = 180
_LOOK_S = 0.02  # looking costs time of the processors that are measured
_LONGEST_S = 3600


@dataclass(frozen=True, slots=True)
class Run:
    """How one contender did with one lot of files.

    Parameters
    ----------
    files : int
    wall_s : float
        From the first file that is given until the last row is committed and its file put away.
    processor_s : float
    peak_mb : float
        Highest sum of PSS.
    """

    files: int
    wall_s: float
    processor_s: float
    peak_mb: float

    @property
    def files_per_s(self):
        """Files a second."""
        return self.files / self.wall_s


def in_turn(builds, number):
    """Give names and builds, the order turned in every second round, so that neither always goes first."""
    named = list(builds.items())
    return named[::-1] if number % 2 else named


class Contender:
    """A daemon in a process of its own, with `inbox`, `done` and a SQLite database `results.db`.

    Parameters
    ----------
    folder : Path
        Made for it; must not exist.
    cores : set of int, optional
        The processors that it may use.
    """

    def __init__(self, folder, cores=None):
        self.folder = folder
        self.inbox = folder / "inbox"
        self.log = folder.with_name(folder.name + ".log")
        self._cores = cores
        self._checkout = ROOT
        self._database = None
        self.process = None

    def __enter__(self):
        with ExitStack() as stack:
            stack.push(self)  # what is never ready is ended, too
            self.start()
            wait_until(self._is_ready, timeout_s=_START_S, what=f"{type(self).__name__} to be ready")
            stack.pop_all()
        return self

    def start(self):
        """Start it, and wait for nothing."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._prepare()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command(),
                cwd=self._checkout,
                env=self._environment(),
                stdout=log,
                stderr=log,
                preexec_fn=self._keep_to_cores if self._cores else None,  # noqa: PLW1509 - no threads yet
            )
        self.watched = [psutil.Process(self.process.pid)]

    def __exit__(self, *_):
        if self._database is not None:
            self._database.close()
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(60)
            finally:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _keep_to_cores(self):
        os.sched_setaffinity(0, self._cores)

    def _prepare(self):
        """Make what must be there before the program starts."""

    def rows(self):
        """Count the answers, by a connection that stays: opening one is dear."""
        with suppress(sqlite3.OperationalError):
            if self._database is None:
                path = f"file:{self.folder}/results.db?mode=ro"
                self._database = sqlite3.connect(path, uri=True, isolation_level=None)
            return self._database.execute("SELECT max(seq) FROM scans").fetchone()[0] or 0
        return 0

    def run(self, paths):
        """Give files, and wait for all answers; then remove the files."""
        before, used = self.rows(), processor_s(*self.watched)
        with Memory(*self.watched) as memory, self.feed() as give:
            started = time.monotonic()
            give(paths)
            self.wait_for(before + len(paths))
            wall_s = time.monotonic() - started
        used = processor_s(*self.watched) - used
        self.clear_done()
        for path in paths:
            path.unlink(missing_ok=True)
        return Run(len(paths), wall_s, used, memory.peak_mb)

    @contextmanager
    def feed(self):
        """Be ready to give files; yield what gives them, one after the other."""

        def drop(paths):
            for path in paths:
                path.rename(self.inbox / path.name)

        yield drop

    def wait_for(self, rows):
        """Wait until there are so many answers and all files are put away."""

        def is_done():
            return self._is_there(rows) and self._is_tidy()

        wait_until(is_done, timeout_s=_LONGEST_S, every_s=_LOOK_S, what=f"{rows} rows")

    def _is_tidy(self):
        return not any(self.inbox.iterdir())

    def wait_for_rows(self, number, every_s=_LOOK_S):
        """Wait until there are so many answers, whatever else there is to do."""
        wait_until(lambda: self._is_there(number), timeout_s=_LONGEST_S, every_s=every_s, what="rows")

    def _is_there(self, rows):
        assert self.process.poll() is None, f"it ended: {self.log.read_text()[-2000:]}"
        return self.rows() >= rows

    def clear_done(self):
        """Remove the files that were put away: they fill the disk."""
        for path in (self.folder / "done").iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


class Naive(Contender):
    """See `tests.bench.naive`."""

    def _command(self):
        return [sys.executable, "-m", "tests.bench.naive", str(self.folder)]

    def _environment(self):
        return dict(os.environ)

    def _is_ready(self):
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        return (self.folder / "ready").exists()

    def failures(self):
        """Count the files that it could not read, by error."""
        with closing(sqlite3.connect(self.folder / "results.db")) as database:
            query = "SELECT error, count(*) FROM scans WHERE error IS NOT NULL GROUP BY error"
            return dict(database.execute(query).fetchall())


class Inboxray(Contender):
    """`inboxray run` with its defaults: WAL, synchronous FULL, synced moves, JSON lines into a file."""

    def __init__(self, folder, cores=None, **settings):
        super().__init__(folder, cores)
        self._settings = settings

    def _prepare(self):
        self.inbox.mkdir(parents=True, exist_ok=True)

    def _command(self):
        return [sys.executable, "-m", "daemon", "run"]

    def _environment(self):
        return environment(self.folder, log_format="json", **self._settings)

    def _is_ready(self):
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        return b'"watcher":"inotify"' in self._status().replace(b" ", b"")

    def _status(self):
        with suppress(FileNotFoundError):
            return (self.folder / ".status.json").read_bytes()
        return b""

    def _is_tidy(self):
        return not any((self.folder / "claimed").iterdir())

    def outcomes(self):
        """Count rows by outcome."""
        with closing(sqlite3.connect(self.folder / "results.db")) as database:
            return dict(database.execute("SELECT outcome, count(*) FROM scans GROUP BY outcome").fetchall())
