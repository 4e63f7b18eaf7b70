"""Orthanc as a contender, with a plug-in that answers what it stores; and inboxray behind its receiver."""

import http.client
import json
import os
import re
import sqlite3
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import psutil

from tests.bench.contenders import Contender, Inboxray
from tests.bench.senders import LONGEST_PDU, Rest, Store, several
from tests.support.archives import ORTHANC, is_open
from tests.support.ports import free_port
from tests.support.receivers import RunningReceiver
from tests.support.shared import ROOT

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancPython.so")
SCRIPT = Path(__file__).with_name("peer_plugin.py")
ORTHANC_BY_REST, ORTHANC_BY_STORE = "Orthanc by REST", "Orthanc by C-STORE"
INBOXRAY_BY_STORE = "inboxray by C-STORE"


def what_is_missing():
    """Say what there must be before this can be measured.

    Returns
    -------
    str or None
        What to do about it; None where all is there.
    """
    if not (Path(ORTHANC).exists() and PLUGIN.exists()):
        return "Orthanc and its Python plug-in are not installed: apt-get install orthanc orthanc-python"
    theirs = re.search(rb"libpython(3\.\d+)", PLUGIN.read_bytes())[1].decode()
    ours = f"3.{sys.version_info.minor}"
    if theirs != ours:
        return (
            f"Orthanc's plug-in runs Python {theirs} and cannot load the libraries of this {ours}: "
            f"make clean, and make it again with PYTHON=python{theirs}"
        )
    return None


def peers(place, connections, processes, settings):
    """Give those that are compared with `inboxray run` and its inbox.

    Parameters
    ----------
    place : callable
        Given a name, gives a folder that nobody else has.
    connections : int
        Over which each is given files at once.
    processes : int
        Of the plug-in's pool.
    settings : dict of str to str
        Of inboxray.

    Returns
    -------
    dict of str to Contender
    """
    return {
        INBOXRAY_BY_STORE: Received(place("received"), connections, **settings),
        ORTHANC_BY_REST: Orthanc(place("orthanc"), Rest, connections, processes),
        ORTHANC_BY_STORE: Orthanc(place("orthanc"), Store, connections, processes),
    }


class Orthanc(Contender):
    """Debian's Orthanc with its defaults, longer PDUs, no authentication, and `tests.bench.peer_plugin`.

    It listens everywhere: be in a network of your own.

    Parameters
    ----------
    folder : Path
        Made for it; must not exist.
    way : type
        `Rest` or `Store`, by which it is given files.
    connections : int
        At once.
    processes : int
        Of the plug-in's pool.
    """

    def __init__(self, folder, way, connections, processes):
        super().__init__(folder)
        self._way, self._connections, self._processes = way, connections, processes
        self._web, self._dicom = free_port(), free_port()

    def _prepare(self):
        self.folder.mkdir()
        storage = str(self.folder / "storage")
        settings = {
            "StorageDirectory": storage,
            "IndexDirectory": storage,
            "Plugins": [str(PLUGIN)],
            "PythonScript": str(SCRIPT),
            "AuthenticationEnabled": False,
            "RemoteAccessAllowed": False,
            "HttpPort": self._web,
            "DicomPort": self._dicom,
            "MaximumPduLength": LONGEST_PDU,
            "DicomScpTimeout": 600,  # a busy machine may keep an association waiting for longer than 30 s
            "Answers": {"Database": str(self.folder / "results.db"), "Processes": self._processes},
        }
        (self.folder / "orthanc.json").write_text(json.dumps(settings))

    def _command(self):
        return [ORTHANC, str(self.folder / "orthanc.json")]

    def _environment(self):
        libraries = [path for path in sys.path if path.endswith("site-packages")]
        return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *libraries])}

    def _is_ready(self):
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        return is_open(self._web) and is_open(self._dicom)

    def feed(self):
        """Connect; yield what sends files."""
        port = self._web if self._way is Rest else self._dicom
        return several(self._way, port, self._connections)

    def _is_tidy(self):
        return True

    def clear_done(self):
        """Delete what it stored."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._web)) as connection:
            stored = json.loads(_ask(connection, "GET", "/patients"))
            _ask(connection, "POST", "/tools/bulk-delete", json.dumps({"Resources": stored}))

    def outcomes(self):
        """Count instances by outcome: "classified", the name of an error, or "answered again"."""
        outcomes = "SELECT coalesce(error, 'classified'), count(*) FROM scans GROUP BY error"
        again = "SELECT count(sop_instance_uid) - count(DISTINCT sop_instance_uid) FROM scans"
        with closing(sqlite3.connect(self.folder / "results.db")) as database:
            found = dict(database.execute(outcomes).fetchall())
            (too_many,) = database.execute(again).fetchone()
        return found | ({"answered again": too_many} if too_many else {})


def _ask(connection, method, path, body=None):
    connection.request(method, path, body)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != http.client.OK:
        raise ConnectionError(f"{method} {path}: {answer.status} {said.decode()}")
    return said


class Received(Inboxray):
    """`inboxray run` beside an `inboxray receive` that is given files by C-STORE.

    Parameters
    ----------
    folder : Path
    connections : int
        Associations at once.
    settings
        By their names.
    """

    def __init__(self, folder, connections, **settings):
        super().__init__(folder, **settings)
        self._connections = connections
        self._receiver = RunningReceiver(folder, fresh=True)

    def start(self):
        """Start both."""
        super().start()
        self._receiver.start()
        self.watched.append(psutil.Process(self._receiver.process.pid))

    def __exit__(self, *failure):
        with ExitStack() as stack:
            stack.push(super().__exit__)
            if self._receiver.process is not None:
                self._receiver.__exit__(*failure)

    def feed(self):
        """Associate; yield what sends files."""
        return several(Store, self._receiver.port, self._connections)
