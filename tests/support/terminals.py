"""A program at a real terminal: what a person would see there."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from contextlib import suppress

from tests.support.daemons import environment, start
from tests.support.deadlines import scaled

_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class AtTerminal:
    """inboxray at a terminal of a size, until the block ends.

    Parameters
    ----------
    spool : path
    arguments : str
    columns : int
    term : str
        The kind of terminal; ``dumb`` cannot erase.
    settings
        By their names.
    """

    def __init__(self, spool, *arguments, columns=80, term="xterm-256color", **settings):
        self.shown = ""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        variables = environment(spool, **settings) | {"TERM": term}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            variables.pop(name, None)
        with os.fdopen(theirs, "wb", buffering=0) as terminal:
            self.process = start(arguments, env=variables, stdin=terminal, stdout=terminal, stderr=terminal)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def until(self, pattern):
        """Read until a regular expression was shown; give all so far, without colours and movements."""
        deadline = time.monotonic() + scaled(60)
        while not re.search(pattern, self.plain, re.DOTALL):
            if not self._read(deadline):
                raise AssertionError(f"never shown: {pattern!r}; but:\n{self.shown}")
        return self.plain

    def end(self, number=None):
        """Send a signal, read all that is shown until the process ends, and give its exit code."""
        if number is not None:
            self.process.send_signal(number)
        deadline = time.monotonic() + scaled(60)
        while self._read(deadline):
            pass
        return self.process.wait(scaled(60))

    @property
    def plain(self):
        """What was shown, without colours and movements; a live line that was written anew begins a line."""
        return _SEQUENCE.sub("", self.shown.replace("\r\x1b[K", "\n").replace("\r\n", "\n"))

    def _read(self, deadline):
        ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"nothing more was shown than:\n{self.shown}")
        with suppress(OSError):  # EIO: the last process that had it has left
            if part := os.read(self._ours, 1 << 16):
                self.shown += part.decode(errors="replace")
                return True
        return False
