"""Receivers for tests: one in this process, and a real one in its own."""

import json
import re
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

from daemon.network.receiving.allowed import Allowed, parse_peer
from daemon.network.receiving.landing import Landing
from daemon.network.receiving.ports import Port, listen
from daemon.network.receiving.server import Server
from daemon.network.receiving.slots import Slots
from daemon.network.receiving.tally import Tally
from daemon.network.receiving.terms import Terms
from daemon.spool.folders import Spool
from tests.support.daemons import environment, files, start
from tests.support.deadlines import scaled
from tests.support.waiting import wait_until


def terms(spool, **other):
    """Give terms for a receiver on a spool; names of `Terms` replace what is usual here."""
    usual = {
        "ae_title": "INBOXRAY",
        "allowed": Allowed([parse_peer(one) for one in other.pop("receive_from", ())]),
        "landing": Landing(spool.inbox, [".*", ".receiving"], []),
        "slots": Slots(other.pop("associations", 20)),
        "commitments": None,
        "silence_s": scaled(20),
        "longest_s": scaled(60),
        "max_bytes": 1 << 30,
        "max_object_bytes": 1 << 30,
        "stopping": threading.Event(),
        "tally": Tally(),
    }
    return Terms(**(usual | other))


@contextmanager
def serving(made, stop_s=2.0):
    """Run a server in this process with these terms; give its port."""
    listening, failed = listen("127.0.0.1:0", "receive_listen"), []
    port = listening.getsockname()[1]
    ports = [Port(listening, is_encrypted=made.tls is not None)]
    with made.landing.held(), Server(ports, made, failed.append).running(stop_s):
        yield port
    assert not failed


def _inbox(spool):
    return (spool if isinstance(spool, Spool) else Spool(Path(spool))).inbox


def received(spool):
    """List the objects in the inbox of a spool."""
    inbox = _inbox(spool)
    return [path for path in files(inbox) if ".receiving" not in path.parts]


def hidden(spool):
    """List what lies unfinished in the inbox of a spool."""
    return sorted((_inbox(spool) / ".receiving").glob("*.part"))


class RunningReceiver:
    """`inboxray receive` as a context manager; its log is kept in a file beside the spool.

    Parameters
    ----------
    spool : path
    fresh : bool
        In an interpreter of its own, for what measures its memory.
    settings
        By their names.
    """

    def __init__(self, spool, *, fresh=False, **settings):
        self.spool = Path(spool)
        self._fresh = fresh
        self._settings = {"receive_listen": "127.0.0.1:0", "log_format": "json"} | settings
        self.log = self.spool.with_name(self.spool.name + ".receiver.log")
        self.process = None
        self.port = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    def start(self):
        if not (self.spool / "inbox").is_dir():
            (self.spool / "inbox").mkdir(parents=True)
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            self.process = self.begin(log)
        self.port = wait_until(self._port, timeout_s=60, what="the receiver to listen")

    def begin(self, log):
        """Start the process."""
        settings = environment(self.spool, **self._settings)
        return start(["receive"], env=settings, stdout=log, stderr=log, fresh=self._fresh)

    def _port(self):
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r"port (\d+); Ctrl-C", self.log.read_text())
        return int(found[1]) if found else None

    def stop(self, number=signal.SIGTERM, timeout_s=40):
        self.process.send_signal(number)
        return self.process.wait(scaled(timeout_s))

    def events(self):
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
