"""Daemons and commands forked from one process that has imported everything: a start costs milliseconds.

What is not as in a fresh interpreter: modules are there already, and the process from which decoding children
are forked is forked too. A test of the start itself, of imports or of memory starts a fresh interpreter.
"""

import functools
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

from tests.support.deadlines import scaled
from tests.support.shared import ROOT


class Forked:
    """A process that the server forked; it is used as one of `subprocess.Popen`."""

    def __init__(self, ends):
        self._ends = ends
        self.pid = json.loads(ends.readline())
        self.returncode = None

    def __del__(self):
        self._ends.close()

    def poll(self):
        return self._read(0)

    def wait(self, timeout=None):
        if self._read(timeout) is None:
            raise subprocess.TimeoutExpired(["forked", str(self.pid)], timeout)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def _read(self, timeout):
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._ends, selectors.EVENT_READ)
                if not selector.select(timeout):
                    return None
            line = self._ends.readline()
            self._ends.close()
            assert line, "the process that forks daemons is gone"
            self.returncode = json.loads(line)
        return self.returncode


class ForkServer:
    """The process that imports everything once and forks."""

    def __init__(self):
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.address = os.fspath(Path(tempfile.mkdtemp(prefix="fork-")) / "server")
        door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, door:
            door.bind(self.address)
            door.listen()
            fds = [theirs.fileno(), door.fileno()]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fork_server", *map(str, fds)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                pass_fds=fds,
            )

    def start(self, arguments, *, env, module="daemon", stdout, stderr, stdin=None, folder=None, faults=()):
        """Run a module as ``python -m`` would.

        Parameters
        ----------
        arguments : sequence of str
        env : dict
            Its whole environment.
        module : str
        stdout, stderr : file
        stdin : file, optional
            Else there is nothing to read.
        folder : path, optional
            Where it runs; else here.
        faults : iterable of (Point, str, dict)
            As `tests.support.failing.arrange` takes them.

        Returns
        -------
        Forked
        """
        order = {
            "module": module,
            "arguments": [str(argument) for argument in arguments],
            "environment": env,
            "folder": os.fspath(folder or Path.cwd()),
            "faults": [[astuple(point), action, options] for point, action, options in faults],
        }
        ours, theirs = os.pipe()
        try:
            given = [theirs, *(file.fileno() for file in (stdout, stderr, stdin) if file is not None)]
            socket.send_fds(self._socket, [json.dumps(order).encode()], given)
        finally:
            os.close(theirs)
        return Forked(os.fdopen(ours, "rb", buffering=0))

    def close(self):
        """End it; it kills what still runs."""
        self._socket.close()
        self._process.wait(scaled(30))
        shutil.rmtree(Path(self.address).parent)


COMMAND = """#!{python} -IS
import json, os, socket, sys
ours, theirs = os.pipe()
order = {{"module": "daemon", "arguments": sys.argv[1:], "faults": []}}
order |= {{"environment": dict(os.environ), "folder": os.getcwd()}}
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({address!r})
    socket.send_fds(server, [json.dumps(order).encode()], [theirs, 1, 2])
os.close(theirs)
sys.exit(int(open(ours).read().split()[1]))
"""


def write_command(folder):
    """Write a program `inboxray` that lets the server fork it, for what is typed into a shell.

    Parameters
    ----------
    folder : Path
        Made, to be put into PATH.
    """
    folder.mkdir()
    program = folder / "inboxray"
    program.write_text(COMMAND.format(python=sys.executable, address=fork_server().address))
    program.chmod(0o755)


@functools.cache
def fork_server():
    """Give the server of this process of tests, started by the first who asks."""
    return ForkServer()


def close_fork_server():
    """End the server, if there is one."""
    if fork_server.cache_info().currsize:
        fork_server().close()
        fork_server.cache_clear()
