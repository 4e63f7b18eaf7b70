"""The whole way of objects: a modality, the receiver, the daemon, the sender, Orthanc; in a network alone."""

import json
import subprocess
import sys
import time
from contextlib import suppress

from tests.support.archives import Orthanc, is_open
from tests.support.daemons import environment, rows
from tests.support.dicom_files import image, to_bytes
from tests.support.dicom_peer import DicomPeer, fragments
from tests.support.radiographs import radiograph
from tests.support.waiting import wait_until

PORT = 11112
WORDS = {"receiver": ["receive"], "daemon": ["run"], "sender": ["send"]}
ARCHIVE = "orthanc"
NAMES = (*WORDS, ARCHIVE)
REPORT = "1.2.840.10008.5.1.4.1.1.88.34"
ACCEPT = 0x02


class Way:
    """The processes, each started again when it was killed.

    Parameters
    ----------
    folder : Path
        Of the spool, the archive and the logs.
    settings
        Of inboxray, by their names.
    """

    def __init__(self, folder, **settings):
        self.folder, self.spool = folder, folder / "spool"
        self.archive = Orthanc(folder / ARCHIVE)
        self.settings = {
            "receive_listen": f"127.0.0.1:{PORT}",
            "receive_commitment": True,
            "receive_commitment_s": 600,
            "dicom_results": "sr",
            "send_to": self.archive.address,
            "log_format": "json",
            "previews": False,
        } | settings
        self._running = {}

    def __enter__(self):
        (self.spool / "inbox").mkdir(parents=True)
        for name in ("daemon", ARCHIVE, "receiver", "sender"):
            self.start(name)
            if name == "daemon":  # the others read the database that it makes
                wait_until((self.spool / "results.db").exists, timeout_s=60, what="the database")
        self.wait_for_all()
        return self

    def __exit__(self, *_):
        for name in NAMES:
            with suppress(KeyError):
                self.kill(name)

    def wait_for_all(self):
        """Wait until each can do its part; whoever ended by itself is started again, as systemd does."""
        wait_until(lambda: self.revive() and is_open(PORT), timeout_s=90, what="the receiver")
        wait_until(lambda: self.revive() and self._is_sent_from(), timeout_s=90, what="the sender")

    def _is_sent_from(self):
        with suppress(OSError, ValueError):
            status = json.loads((self.spool / "outbox" / ".status.json").read_bytes())
            has_begun = any(self.spool.glob("outbox/*/cursor.json"))  # what is recorded before is not sent
            return has_begun and status["pid"] == self._running["sender"].pid
        return False

    def start(self, name):
        if name == ARCHIVE:
            self.archive.__enter__()
            self._running[name] = self.archive.process
            return
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "daemon", *WORDS[name]],
                env=environment(self.spool, **self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self, name):
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def revive(self):
        """Start again who ended by itself; return True."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self.start(name)
        return True

    def answered(self):
        """Give the rows."""
        return rows(self.spool, "scan_id, sop_instance_uid, outcome, error_code, stored_path, duplicate_of")

    def outbox(self, state="*"):
        """Give the names of the objects for the archive that are in a state; of all without one."""
        return {path.name for path in self.spool.glob(f"outbox/*/{state}/*.dcm")}

    def reports(self):
        """Give the SOP instances of the reports in the archive, each with that of its scan."""
        found = {}
        for one in self.archive.ask("/instances?expand"):
            tags = self.archive.ask(f"/instances/{one['ID']}/simplified-tags")
            assert tags["SOPClassUID"] == REPORT
            evidence = tags["CurrentRequestedProcedureEvidenceSequence"][0]
            series = evidence["ReferencedSeriesSequence"][0]
            scan = series["ReferencedSOPSequence"][0]["ReferencedSOPInstanceUID"]
            found[tags["SOPInstanceUID"]] = scan
        return found


def uid_of(number):
    return f"1.2.826.0.1.{number}"


def scan(number, rows=240, columns=200):
    """Write the data set of a radiograph that no other is like."""
    dataset = image(
        radiograph(number, rows, columns),
        SOPInstanceUID=uid_of(number),
        StudyInstanceUID=f"{uid_of(number)}.1",
        SeriesInstanceUID=f"{uid_of(number)}.2",
        PatientID=f"P{number}",
        PatientName=f"Nobody^{number}",
        StudyDate="20261129",
        StudyTime="120000",
    )
    file = to_bytes(dataset)
    return file[144 + int.from_bytes(file[140:144], "little") :]


class Modality:
    """What sends until it was answered with success, as modalities do; keeps its association.

    Parameters
    ----------
    pause_s : float
        In the middle of each object.
    """

    def __init__(self, pause_s=0.0):
        self.tries = 0
        self._pause_s = pause_s
        self._peer = None

    def send(self, number, content):
        """Try once; say whether it was answered with success."""
        self.tries += 1
        try:
            if self._peer is None:
                self._peer = DicomPeer(PORT)
                if self._peer.associate(calling="MODALITY") != ACCEPT:
                    raise ConnectionError
            self._peer.begin_store(uid_of(number))
            pdus = fragments(1, content, is_command=False)
            self._peer.send(pdus[: len(pdus) // 2])
            if self._pause_s:
                time.sleep(self._pause_s)
            self._peer.send(pdus[len(pdus) // 2 :])
            if self._peer.status() == 0:
                return True
        except (OSError, AssertionError):  # it was killed meanwhile
            self.close()
        return False

    def close(self):
        if self._peer is not None:
            self._peer.socket.close()
        self._peer = None
