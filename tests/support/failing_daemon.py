"""Daemons that fail where they are told to: one at a time, forked like all others of the tests."""

from contextlib import contextmanager
from pathlib import Path

from tests.support.daemons import environment
from tests.support.deadlines import scaled
from tests.support.forked import fork_server


class FailingDaemons:
    """Starts real daemons, one after the other; they write their log beside the spool."""

    def __init__(self):
        self._running = None

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
        self.end_running()
        with Path(f"{spool}.log").open("ab") as log:
            self._running = fork_server().start(
                arguments, env=environment(spool, **settings), stdout=log, stderr=log, faults=faults
            )
        return self._running.pid

    def wait(self, timeout_s=90):
        """Wait for the end of the daemon; return its exit code, negative for a signal."""
        code = self._running.wait(scaled(timeout_s))
        self._running = None
        return code

    def once(self, spool, *, faults=(), **settings):
        """Run `inboxray once` to its end, whatever that is; return its exit code."""
        self.start(spool, "once", faults=faults, **settings)
        return self.wait()

    def end_running(self):
        """Kill the daemon that runs, if one does."""
        if self._running is not None:
            self._running.kill()
            self.wait()


@contextmanager
def failing_daemons():
    """Give what starts daemons that fail where they are told to; none is left at the end."""
    made = FailingDaemons()
    try:
        yield made
    finally:
        made.end_running()
