"""Fault 27: a DICOMDIR is rejected, and what it refers to is never opened.

CVE-2026-32711. Break it: read it by `pydicom.fileset.FileSet`, or let it count as an object without image.
"""

import warnings
from importlib.metadata import version

from pydicom.dataset import Dataset
from pydicom.uid import MediaStorageDirectoryStorage
from watchdog.events import FileOpenedEvent, FileSystemEventHandler
from watchdog.observers import Observer

from tests.support.dicom_files import to_bytes
from tests.support.waiting import wait_until


class Opened(FileSystemEventHandler):
    def __init__(self):
        self.count = 0

    def on_opened(self, event):
        self.count += isinstance(event, FileOpenedEvent)


def dicomdir(*references):
    """Give a DICOMDIR with one image record for each path, which is a list of its parts."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = MediaStorageDirectoryStorage, "1.2.3"
    dataset.FileSetID = "CANARY"
    dataset.DirectoryRecordSequence = []
    for parts in references:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom knows that no such path may be
            record.ReferencedFileID = list(parts)
        dataset.DirectoryRecordSequence.append(record)
    return to_bytes(dataset)


def test_a_dicomdir_is_rejected_and_its_references_are_not_opened(daemon):
    outside = daemon.spool / "outside"
    outside.mkdir()
    canary = outside / "canary"
    canary.write_bytes(b"canary")
    up = ("..", "..", "outside", "canary")
    opened, observer = Opened(), Observer()
    observer.schedule(opened, str(outside))
    observer.start()
    try:
        named = {"DICOMDIR": dicomdir(up, up[1:], ("/", *canary.parts[1:]))}
        codes = daemon.codes("dicomdir", named | {"no_records.dcm": dicomdir()})
        touched = opened.count
        canary.read_bytes()  # so that we know that we would have seen it
        wait_until(lambda: opened.count > touched, what="our own look at the canary")
    finally:
        observer.stop()
        observer.join()

    assert codes == {"DICOMDIR": "dicomdir", "no_records.dcm": "dicomdir"}
    assert touched == 0


def test_pydicom_is_one_that_knows_of_it():
    assert tuple(map(int, version("pydicom").split(".")[:3])) >= (3, 0, 2)
