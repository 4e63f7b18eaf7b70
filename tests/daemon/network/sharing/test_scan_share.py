"""One scan with a real child: made, there, or left out for a reason.

Break it: take a file that is another one than was answered.
"""

import pytest

from daemon.network.sharing.scan_share import ScanSharer, SkippedError
from daemon.network.sharing.share_folder import ShareFolder
from model.deidentification.pseudonyms import Pseudonyms
from storage.scan_detail import scan
from tests.support.dicom_results import answered, scan_bytes
from tests.support.pictures import drop, png_bytes
from tests.support.records import failed, scan_id

PSEUDONYMS = Pseudonyms(b"k" * 32)


@pytest.fixture
def share(ledger, engine_of, spool, children, tmp_path):
    """Record a scan, and share it: (record, bytes of its file)."""

    def sharing(record, data, *, takes_signs=False):
        ledger.record([record], engine_of.run)
        if data is not None:
            drop(spool.root / record.stored_path, data)
        detail = scan(engine_of.engine, record.scan_id)
        with ShareFolder(tmp_path / "out", PSEUDONYMS.fingerprint) as folder:
            sharer = ScanSharer(
                spool, children, PSEUDONYMS, folder, (), method="a test", takes_signs=takes_signs
            )
            return sharer.share(detail), folder.note(PSEUDONYMS.scan(record.scan_id))

    return sharing


def test_a_scan_is_made_once(share, tmp_path):
    is_new, note = share(answered(1), scan_bytes())
    assert is_new
    (name,) = note["files"]
    assert (tmp_path / "out" / name).is_file()
    assert note["row"]["scan"] == PSEUDONYMS.scan(scan_id(1))
    assert share(answered(1), None) == (False, note)


@pytest.mark.parametrize(
    ("record", "data", "reason"),
    [
        (failed(2), b"", "not_classified"),
        (answered(3), None, "file_gone"),
        (answered(4), scan_bytes(PatientID="other"), "file_changed"),
        (answered(5, png_bytes(1)), png_bytes(1), "no_dicom"),
        (
            answered(6, scan_bytes(BurnedInAnnotation="YES")),
            scan_bytes(BurnedInAnnotation="YES"),
            "burned_in_stated",
        ),
    ],
    ids=["no answer", "no file", "another file", "no DICOM", "burned in"],
)
def test_what_is_left_out_has_a_reason(share, tmp_path, record, data, reason):
    with pytest.raises(SkippedError) as skipped:
        share(record, data)
    assert skipped.value.reason == reason
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_a_copy_of_an_instance_that_is_there_is_left_out(share):
    share(answered(1), scan_bytes())
    with pytest.raises(SkippedError, match="instance_is_there"):
        share(answered(2), scan_bytes())
