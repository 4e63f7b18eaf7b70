"""Daemons that are told where to fail: one process imports everything and forks a daemon for each order.

So a test that kills a daemon at twenty steps pays for the imports once.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress

from tests.support.daemons import environment
from tests.support.shared import ROOT


class Zygote:
    """Starts real daemons quickly; a context manager."""

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.failing_daemon"],
            cwd=ROOT,
            env=environment("."),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running = None
        return self

    def __exit__(self, *_):
        self._end_running()
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    def start(self, spool, *arguments, faults=(), **settings):
        """Start a daemon and return its process id; one that a failed test left is ended first.

        Parameters
        ----------
        spool : Path
        arguments : str
            ``once``, ``run`` ...
        faults : iterable of (Point, str, dict)
            As `tests.support.failing.arrange` takes them.
        """
        self._end_running()
        order = {
            "arguments": arguments,
            "variables": {f"INBOXRAY_{name.upper()}": str(value) for name, value in settings.items()}
            | {"INBOXRAY_SPOOL": str(spool)},
            "faults": [
                [point.module, point.name, point.when, action, options] for point, action, options in faults
            ],
            "log": f"{spool}.log",
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self._running = self._read()
        return self._running

    def wait(self):
        """Wait for the end of the daemon; return its exit code, negative for a signal."""
        code = self._read()
        self._running = None
        return code

    def once(self, spool, *, faults=(), **settings):
        """Run `inboxray once` to its end, whatever that is; return its exit code."""
        self.start(spool, "once", faults=faults, **settings)
        return self.wait()

    def _end_running(self):
        if self._running is not None:
            with suppress(ProcessLookupError):
                os.kill(self._running, signal.SIGKILL)
            self.wait()

    def _read(self):
        line = self.process.stdout.readline()
        assert line, "the process that starts daemons is gone"
        return json.loads(line)


def _serve_orders():
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be_daemon(order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def _be_daemon(order):
    from daemon.cli.program import main
    from tests.support.failing import Point, arrange

    code = 70
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, target)
        os.environ |= order["variables"]
        for module, name, when, action, options in order["faults"]:
            arrange(Point(module, name, when), action, **options)
        main(order["arguments"])
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _import_everything():
    for name in (
        "ai_edge_litert.interpreter",
        "alembic.command",
        "daemon.cli.run",
        "daemon.service.service",
        "model.classifier",
        "pebble",
        "storage.queries",
    ):
        importlib.import_module(name)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _import_everything()
    _serve_orders()
