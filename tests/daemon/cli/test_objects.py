from pathlib import Path

import pytest

from tests.support.dicom_results import answered, scan_bytes
from tests.support.pictures import drop
from tests.support.recorded import fill
from tests.support.records import failed, scan_id

pydicom = pytest.importorskip("pydicom")
pytest.importorskip("highdicom", reason="highdicom is not installed")


@pytest.fixture
def spool(tmp_path):
    made = fill(tmp_path / "spool", [answered(1), failed(2)])
    drop(made / answered(1).stored_path, scan_bytes())
    return made


def written(end):
    return [Path(line) for line in end.stdout.splitlines()]


def test_objects_are_written_under_their_kind_and_uid_and_again_the_same(spool, tmp_path, call):
    out = tmp_path / "a" / "b"
    end = call(spool, "objects", scan_id(1), "--out", str(out), decode_workers=1)
    assert end.returncode == 0, end.stderr
    assert "3 objects written" in end.stderr
    paths = written(end)
    for path, kind in zip(paths, ("sr", "sc", "gsps"), strict=True):
        assert path.name == f"{kind}-{pydicom.dcmread(path).SOPInstanceUID}.dcm"
    before = [path.read_bytes() for path in paths]
    assert written(call(spool, "objects", scan_id(1), "--out", str(out), decode_workers=1)) == paths
    assert [path.read_bytes() for path in paths] == before
    assert sorted(out.iterdir()) == sorted(paths)


@pytest.mark.parametrize(
    ("options", "settings", "expected"),
    [
        (["--kind", "sr"], {}, ["sr"]),
        ([], {"dicom_results": "gsps"}, ["gsps"]),
        (["--kind", "SC", "--kind", "sr"], {"dicom_results": "gsps"}, ["sr", "sc"]),
    ],
)
def test_those_that_are_asked_for_else_those_of_the_setting(
    spool, tmp_path, call, options, settings, expected
):
    end = call(spool, "objects", scan_id(1), "--out", str(tmp_path), *options, decode_workers=1, **settings)
    assert [path.name.partition("-")[0] for path in written(end)] == expected


def test_what_has_no_objects_says_why_and_the_others_are_written(spool, tmp_path, call):
    end = call(
        spool, "objects", scan_id(2), scan_id(1), "--out", str(tmp_path), "--kind", "sr", decode_workers=1
    )
    assert end.returncode == 65
    assert "has no answer for an archive: it was failed (truncated)" in end.stderr
    assert len(written(end)) == 1


@pytest.mark.parametrize(
    ("settings", "code", "words", "arguments"),
    [
        ({}, 64, "sr, sc or gsps is wanted", ["--kind", "pdf"]),
        ({"identifiers": "drop"}, 78, "files an object by its patient", []),
        ({"identifiers": "drop", "dicom_results": "sr"}, 78, "needs identifiers = keep", []),
        ({"dicom_results": "pdf"}, 78, "dicom_results", []),
    ],
)
def test_what_cannot_be_done_is_refused(spool, tmp_path, call, *, settings, code, words, arguments):
    end = call(spool, "objects", scan_id(1), "--out", str(tmp_path / "out"), *arguments, **settings)
    assert end.returncode == code
    assert words in end.stderr
    assert written(end) == []


def test_a_folder_that_takes_nothing_is_told_without_its_name(spool, tmp_path, call):
    (tmp_path / "out").touch()
    end = call(spool, "objects", scan_id(1), "--out", str(tmp_path / "out"), decode_workers=1)
    assert end.returncode == 73
    assert "cannot be made (EEXIST)" in end.stderr
