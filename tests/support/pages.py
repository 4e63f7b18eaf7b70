"""A real `inboxray page` in a process of its own, and clients that are not browsers."""

import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tests.support.daemons import environment, start
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.waiting import wait_until


class RunningPage:
    """`inboxray page` of a spool as a context manager; its log is kept in a file beside the spool.

    Parameters
    ----------
    spool : path
    options : str
        Of the command.
    settings
        By their names.
    """

    def __init__(self, spool, *options, **settings):
        self.port = free_port()
        self.log = Path(spool).with_name(Path(spool).name + ".page.log")
        self.options, self.environment = options, environment(spool, **settings)
        self.process = None

    def start(self, log):
        words = ["page", "--listen", f"127.0.0.1:{self.port}", *self.options]
        return start(words, env=self.environment, stdout=log, stderr=log)

    def __enter__(self):
        with self.log.open("wb") as log:
            self.process = self.start(log)
        wait_until(self.answers, timeout_s=60, what="the page")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask().startswith(b"HTTP/1.1 ")
        except OSError:
            return False

    def connect(self):
        """Open a connection as any program may."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=scaled(30))

    def ask(self, target="/", *, method="GET", host="localhost", headers=(), body=b""):
        """Ask once as a good client does; give all that came until the connection was closed."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
        return self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def send(self, data):
        """Send bytes and give all that came back until the connection was closed."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_all(connection)

    def children(self):
        """Find the processes below it: those that decode, and what forks them."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def decoding(self):
        """Find those that decode."""
        found = []
        for child in self.children():
            with suppress(psutil.NoSuchProcess):  # it ended meanwhile
                if child.ppid() != self.process.pid:
                    found.append(child)
        return found

    def stop(self):
        """Send SIGTERM; give the exit code, and the seconds until then."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(scaled(40)), time.monotonic() - started


def read_all(connection):
    """Read until the other side is done; what it cut off may be lost."""
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)
