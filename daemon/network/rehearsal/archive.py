"""Orthanc as an archive for a rehearsal: started in a folder, filled, and asked to forward.

References
----------
Orthanc's REST API: /system, /instances, /modalities/ID/store.
"""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError

from daemon.errors import DaemonAwayError

PROGRAM: Final = "Orthanc"
AE_TITLE: Final = "ORTHANC"
DICOM_PORT: Final = 4242
_HTTP: Final = "http://127.0.0.1:8042"
_MODALITY: Final = "inboxray"
SENDER_AE: Final = "INBOXRAY_SEND"
COMMITMENT_PORT: Final = 11113
"""Who stores results in it, and where that one takes its reports on storage commitment."""
_START_S: Final = 60.0
_ANSWER_S: Final = 60.0


class Archive:
    """An Orthanc that runs in this network."""

    def forward(self, sop_instance_uid: str) -> bool:
        """Have it send an instance to the receiver.

        Parameters
        ----------
        sop_instance_uid : str

        Returns
        -------
        bool
            Whether it holds the instance, and the receiver answered success.
        """
        found = self._find(sop_instance_uid)
        if len(found) != 1:
            return False
        answer = self._ask(f"/modalities/{_MODALITY}/store", {"Resources": found, "Synchronous": True})
        return isinstance(answer, dict) and answer.get("FailedInstancesCount") == 0

    def file(self, sop_instance_uid: str) -> bytes | None:
        """Fetch an instance.

        Parameters
        ----------
        sop_instance_uid : str

        Returns
        -------
        bytes or None
            A whole file; None if it has none.
        """
        return self._fetch(sop_instance_uid, "file")

    def picture(self, sop_instance_uid: str) -> bytes | None:
        """Fetch what it shows of an instance.

        Parameters
        ----------
        sop_instance_uid : str

        Returns
        -------
        bytes or None
            A PNG; None if it cannot show it.
        """
        return self._fetch(sop_instance_uid, "preview")

    def answers(self) -> bool:
        """Return whether it is up.

        Returns
        -------
        bool
        """
        return self._ask("/system") is not None

    def _find(self, sop_instance_uid: str) -> list[str]:
        query = {"Level": "Instance", "Query": {"SOPInstanceUID": sop_instance_uid}}
        found = self._ask("/tools/find", query)
        return found if isinstance(found, list) else []

    def _fetch(self, sop_instance_uid: str, what: str) -> bytes | None:
        found = self._find(sop_instance_uid)
        return self._get(f"/instances/{found[0]}/{what}") if len(found) == 1 else None

    def _ask(self, path: str, body: Any = None) -> Any:
        """Return what it answers, None where it does not, or with an error."""
        content = self._get(path, None if body is None else json.dumps(body).encode())
        try:
            return None if content is None else json.loads(content)
        except ValueError:
            return None

    def _get(self, path: str, data: bytes | None = None) -> bytes | None:
        try:
            with urllib.request.urlopen(_HTTP + path, data, _ANSWER_S) as answer:  # noqa: S310 -- loopback
                content: bytes = answer.read()
                return content
        except (URLError, OSError):
            return None


def configuration(folder: Path, receiver_ae: str, receiver_port: int) -> dict[str, Any]:
    """Compose the configuration of an archive that forwards to the receiver.

    Parameters
    ----------
    folder : Path
        Keeps what it stores.
    receiver_ae : str
    receiver_port : int

    Returns
    -------
    dict of str to object
    """
    return {
        "Name": "rehearsal",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "DicomAet": AE_TITLE,
        "DicomPort": DICOM_PORT,
        "HttpPort": int(_HTTP.rpartition(":")[2]),
        "RemoteAccessAllowed": False,
        "DicomAlwaysAllowStore": True,
        "UnknownSopClassAccepted": True,
        "Plugins": [],
        "DicomModalities": {
            _MODALITY: [receiver_ae, "127.0.0.1", receiver_port],
            "sender": [SENDER_AE, "127.0.0.1", COMMITMENT_PORT],
        },
    }


@contextmanager
def running(folder: Path, receiver_ae: str, receiver_port: int) -> Iterator[Archive]:
    """Run an archive until the block ends.

    Parameters
    ----------
    folder : Path
    receiver_ae : str
    receiver_port : int

    Yields
    ------
    Archive

    Raises
    ------
    DaemonAwayError
        It did not come up.
    """
    folder.mkdir()
    settings = folder / "orthanc.json"
    settings.write_text(json.dumps(configuration(folder, receiver_ae, receiver_port)), encoding="utf-8")
    with (folder / "orthanc.log").open("wb") as log:
        command = [PROGRAM, str(settings)]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)  # noqa: S603 -- our own words
    try:
        archive, until = Archive(), time.monotonic() + _START_S
        while not archive.answers():
            if process.poll() is not None or time.monotonic() > until:
                raise DaemonAwayError(f"{PROGRAM} did not come up; is it able to run here at all?")
            time.sleep(0.1)
        yield archive
    finally:
        process.terminate()
        process.wait()
