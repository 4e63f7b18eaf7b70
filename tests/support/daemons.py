"""A real inboxray in a process of its own, and what it recorded."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryFile

from tests.support.deadlines import scaled
from tests.support.forked import fork_server
from tests.support.waiting import wait_until


def environment(spool, **settings):
    """Give an environment without any setting of whoever runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("INBOXRAY_")}
    ours = {f"INBOXRAY_{name.upper()}": str(value) for name, value in settings.items()}
    return inherited | ours | {"INBOXRAY_SPOOL": str(spool)}


def inboxray(spool, *arguments, timeout=60, fresh=False, **settings):
    """Run a command of inboxray to its end.

    Parameters
    ----------
    spool : path
    arguments : str
    timeout : float
        Of a free machine, seconds.
    fresh : bool
        In an interpreter of its own; else forked from a process that has imported everything.
    settings
        By their names.

    Returns
    -------
    subprocess.CompletedProcess
    """
    return run(arguments, timeout=timeout, fresh=fresh, env=environment(spool, **settings))


def run(arguments, *, timeout=60, **more):
    """Run what `start` starts to its end; give the end as `subprocess.run` does."""
    with TemporaryFile() as stdout, TemporaryFile() as stderr:
        process = start(arguments, stdout=stdout, stderr=stderr, **more)
        try:
            code = process.wait(scaled(timeout))
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, code, _text(stdout), _text(stderr))


def start(
    arguments, *, module="daemon", fresh=False, env, stdout, stderr, stdin=None, folder=None, faults=()
):
    """Start inboxray, or what stands in for it; give a process as of `subprocess.Popen`."""
    if not fresh:
        given = {"stdout": stdout, "stderr": stderr, "stdin": stdin}
        return fork_server().start(arguments, module=module, env=env, folder=folder, faults=faults, **given)
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(
        command, env=env, stdin=stdin or subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=folder
    )


def _text(file):
    file.seek(0)
    return file.read().decode()


def rows(spool, columns="*", where="1 = 1"):
    """Read rows of `scans`, in the order of recording."""
    with closing(sqlite3.connect(spool / "results.db")) as connection:
        connection.row_factory = sqlite3.Row
        query = f"SELECT {columns} FROM scans WHERE {where} ORDER BY seq"  # noqa: S608 - of the test itself
        return [dict(row) for row in connection.execute(query)]


def count(spool, where="1 = 1"):
    """Count rows; none while there is no database or no table yet."""
    try:
        return rows(spool, "count(*) AS scans", where)[0]["scans"]
    except sqlite3.OperationalError:
        return 0


def files(folder: Path):
    """List the files below a folder, hidden ones and those in hidden folders excepted."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(one for one in found if not any(part[0] == "." for part in one.relative_to(folder).parts))


def _stands(pid):
    with suppress(OSError):  # a thread that ends just now
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)
    return False


class RunningDaemon:
    """`inboxray run` as a context manager; its log is kept in a file beside the spool.

    Parameters
    ----------
    spool : path
    fresh : bool
        In an interpreter of its own, for what measures its start or its memory.
    faults : iterable of (Point, str, dict)
        As `tests.support.failing.arrange` takes them; of a forked one.
    settings
        By their names.
    """

    program = "daemon"

    def __init__(self, spool, *, fresh=False, faults=(), **settings):
        self.spool = Path(spool)
        self._faults = faults
        self._fresh = fresh
        self.log = self.spool.with_name(self.spool.name + ".log")
        self._settings = settings
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(scaled(40))
            finally:
                self.process.kill()

    def start(self):
        with self.log.open("ab") as log:
            self.process = start(
                ["run"],
                module=self.program,
                fresh=self._fresh,
                faults=self._faults,
                env=environment(self.spool, **self._settings),
                stdout=log,
                stderr=log,
            )
        wait_until(self.is_watching, timeout_s=90, what="the daemon to watch its inbox")

    def is_watching(self):
        assert self.process.poll() is None, self.log.read_text()
        status = self.status()
        return status.get("pid") == self.process.pid and status.get("watcher") is not None

    def status(self):
        try:
            return json.loads((self.spool / ".status.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}

    @property
    def inbox(self):
        return self.spool / "inbox"

    def wait_for_rows(self, number, timeout_s=30):
        wait_until(lambda: count(self.spool) >= number, timeout_s=timeout_s, what=f"{number} rows")

    def lines(self):
        """Give the lines of its log, without one that is just being written."""
        return self.log.read_text().rpartition("\n")[0].splitlines()

    def events(self):
        return [json.loads(line) for line in self.lines() if line.startswith("{")]

    def stand_still(self):
        """Stop it until SIGCONT; wait until it stands, for each of its threads stops by itself."""
        self.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: _stands(self.process.pid), what="every thread to stand")

    def stop(self, number=signal.SIGTERM, timeout_s=40):
        self.process.send_signal(number)
        return self.process.wait(scaled(timeout_s))
