"""An export with real children: files, objects that belong to them, a manifest; and again, and going on.

Break it: leave `finished_at` unmoved, or note a scan before its files have their names.
"""

import csv
import stat

import pytest

from model.deidentification.pseudonyms import Pseudonyms
from tests.support.dicom_results import answered, scan_bytes
from tests.support.pictures import drop
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id

pydicom = pytest.importorskip("pydicom")
pytest.importorskip("highdicom", reason="highdicom is not installed")

SECRETS = (b"Doe", b"Jane", b"P-1", b"1.2.826.0.1", b"19700102", b"20261123", b"Roe", b"A1\x20", b"done/")
CAPTURE = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SOPInstanceUID": "1.2.826.0.1.9"}


@pytest.fixture
def spool(tmp_path):
    """One scan, a capture of a screen, one without an answer, and one whose file went."""
    capture = scan_bytes(**CAPTURE)
    made = fill(
        tmp_path / "spool", [answered(1), answered(2, capture), failed(3), classified(4, patient_id="P-1")]
    )
    drop(made / answered(1).stored_path, scan_bytes())
    drop(made / answered(2).stored_path, capture)
    (made / classified(4).stored_path).unlink()
    return made


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def contents(out):
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "lock"]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def test_scans_are_exported_with_their_answers_under_pseudonyms_and_again_the_same(spool, tmp_path, call):
    out = tmp_path / "out"
    end = call(spool, "export-dicom", "--out", str(out), decode_workers=1)
    assert end.returncode == 0, end.stderr
    assert "a new key was made" in end.stderr
    assert "left out: 1 scan: a secondary capture" in end.stderr
    key = spool / ".export-dicom.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    pseudonyms = Pseudonyms(key.read_bytes().strip())

    (row,) = table(out / "manifest.csv")
    image = pydicom.dcmread(out / row["file"])
    assert image.SOPInstanceUID == row["sop_instance_uid"] == pseudonyms.uid("1.2.826.0.1.3")
    assert (row["decision"], row["probability"], row["scan"]) == (
        "fractured",
        "0.625000",
        pseudonyms.scan(scan_id(1)),
    )
    reasons = {one["scan"]: one["reason"] for one in table(out / "skipped.csv")}
    assert reasons == {
        pseudonyms.scan(scan_id(2)): "burned_in_capture",
        pseudonyms.scan(scan_id(3)): "not_classified",
        pseudonyms.scan(scan_id(4)): "file_gone",
    }

    objects = [pydicom.dcmread(out / one) for one in row["objects"].split(";")]
    assert [one.Modality for one in objects] == ["SR", "OT", "PR"]
    for one in objects:
        assert (one.PatientID, one.StudyInstanceUID) == (image.PatientID, image.StudyInstanceUID)
        referenced = {str(e.value) for e in one.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
        assert referenced in ({image.SOPInstanceUID}, set())
        assert one.DeidentificationMethodCodeSequence == image.DeidentificationMethodCodeSequence
        assert one.InstanceCreationDate < "2026"  # moved as the image's times are
        assert row["answered_at"].startswith(f"{one.InstanceCreationDate[:4]}-")

    before = contents(out)
    found = [(name, one) for name, content in before.items() for one in SECRETS if one in content]
    assert found == []
    assert key.read_bytes().strip() not in b"".join(before.values())

    (next((out / ".inboxray/scans").iterdir())).unlink()  # as if it was stopped before it was noted
    again = call(spool, "export-dicom", "--out", str(out), decode_workers=1)
    assert "1 scan exported, 0 lay there already" in again.stderr
    assert contents(out) == before

    both = call(
        spool,
        "export-dicom",
        "--out",
        str(out),
        "--kind",
        "none",
        "--burned-in",
        "--key",
        str(key),
        decode_workers=1,
    )
    assert "2 scans exported" in both.stderr
    rows = table(out / "manifest.csv")
    assert sorted(one["burned_in"] for one in rows) == ["", "burned_in_capture"]
    assert {one["patient_id"] for one in rows} == {image.PatientID}
    assert [one["objects"] for one in rows] == ["", ""]


CANNOT = (
    (["--out", "{spool}/inbox/out"], 64, "lies in the spool"),
    (["--out", "{out}", "--key", "{out}/key"], 64, "the key would lie in the folder"),
    (["--out", "{out}", "--key", "{short}"], 78, "at least 32 are needed"),
    (["--out", "{out}", "--key", "{open}"], 78, "chmod 0600"),
    (["--out", "{out}", "--key", "{spool}/none/key"], 78, "ENOENT"),
    (["--out", "{short}"], 73, "cannot be made"),
    (["--out", "{other}"], 78, "files of another key"),
    (["--out", "{out}", "--kind", "pdf"], 64, "sr, sc or gsps is wanted"),
)


def test_what_cannot_be_is_refused_and_nothing_is_exported(spool, tmp_path, call):
    places = {"spool": spool, "out": tmp_path / "out", "other": tmp_path / "other"}
    places |= {"short": tmp_path / "short", "open": tmp_path / "open"}
    places["short"].write_text("too short")
    places["short"].chmod(0o600)
    places["open"].write_text("k" * 40)
    places["open"].chmod(0o640)
    drop(tmp_path / "other/.inboxray/key.json", b'{"key": "of another"}')
    for arguments, code, words in CANNOT:
        end = call(spool, "export-dicom", *(one.format(**places) for one in arguments), decode_workers=1)
        assert (end.returncode, words in end.stderr) == (code, True), end.stderr
    assert not [path for path in tmp_path.rglob("*.dcm") if spool not in path.parents]
