"""Real archives to send to, in a network of their own: DCMTK's storescp, and Orthanc."""

import json
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.support.deadlines import scaled
from tests.support.waiting import wait_until

ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")

needs_storescp = pytest.mark.skipif(shutil.which("storescp") is None, reason="dcmtk is not installed")
needs_orthanc = pytest.mark.skipif(
    not (Path(ORTHANC).exists() and DICOMWEB.exists()),
    reason="Orthanc and its DICOMweb are not installed (orthanc, orthanc-dicomweb)",
)


class StoreScp:
    """storescp as a context manager; call it in `own_network`, for it listens everywhere.

    Parameters
    ----------
    folder : Path
        Takes what is sent; made.
    options : str
        Of storescp.
    port : int
    """

    def __init__(self, folder, *options, port=11112):
        self.folder, self.options, self.port = Path(folder), options, port
        self.process = None

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        words = ["storescp", "-aet", "STORE", "-od", str(self.folder), *self.options, str(self.port)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: is_open(self.port), what="storescp")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def address(self):
        return f"dicom://STORE@127.0.0.1:{self.port}"

    def uids(self):
        """List the SOP instance UIDs of what it holds, sorted; each file counts."""
        return sorted(str(dcmread(path).SOPInstanceUID) for path in self.folder.iterdir())


def is_open(port):
    """Say whether a port of loopback takes connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Orthanc:
    """Orthanc as a context manager; call it in `own_network`, for it listens everywhere.

    Parameters
    ----------
    folder : Path
        Its storage and configuration; made, and kept, so that it can be started again.
    settings
        Of Orthanc, by their names.
    """

    web = "http://127.0.0.1:8042"

    def __init__(self, folder, **settings):
        self.folder, self.settings = Path(folder), settings
        self.process = None

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        known = {
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "storage"),
            "Plugins": [str(DICOMWEB)],
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "HttpPort": 8042,
            "DicomPort": 4242,
            "DicomAet": "ORTHANC",
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            "DicomModalities": {"inboxray": ["INBOXRAY", "127.0.0.1", 11113]},
            "ConcurrentJobs": 2,
            **self.settings,
        }
        configuration = self.folder / "orthanc.json"
        configuration.write_text(json.dumps(known))
        with (self.folder / "orthanc.log").open("ab") as log:
            self.process = subprocess.Popen([ORTHANC, str(configuration)], stdout=log, stderr=log)
        wait_until(self._answers, timeout_s=60, what="Orthanc")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(scaled(30))

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "orthanc.log").read_text()[-2000:]
        return is_open(8042) and is_open(4242)

    @property
    def address(self):
        return "dicom://ORTHANC@127.0.0.1:4242"

    @property
    def stow(self):
        return f"{self.web}/dicom-web/studies"

    def ask(self, path):
        """Ask its REST interface."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.web + path, timeout=scaled(30)) as answer:
            return json.load(answer)

    def uids(self):
        """List the SOP instance UIDs of what it holds, sorted."""
        found = self.ask("/instances?expand")
        return sorted(one["MainDicomTags"]["SOPInstanceUID"] for one in found)

    def file(self, uid):
        """Give the file of an instance."""
        (one,) = [
            one for one in self.ask("/instances?expand") if one["MainDicomTags"]["SOPInstanceUID"] == uid
        ]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.web}/instances/{one['ID']}/file", timeout=scaled(30)) as answer:
            return answer.read()
