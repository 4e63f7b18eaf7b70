import os

import pytest

from daemon.errors import BadDataError, MissingFileError
from daemon.spool.claiming import claim_file
from daemon.spool.names import encode_name
from daemon.spool.preview_files import preview_file, write_preview
from daemon.spool.requeue import Answered, requeue, return_orphan

SCAN_ID = "01935a7c-0000-7001-8000-00000000abcd"


def store(spool, path: bytes, data=b"bytes of a scan") -> Answered:
    """Put a file where its row says that it is."""
    whole = spool.root / os.fsdecode(path)
    whole.parent.mkdir(parents=True, exist_ok=True)
    whole.write_bytes(data)
    return Answered(SCAN_ID, encode_name(path.split(b"/", 2)[2]), encode_name(path))


def test_the_next_claim_knows_what_the_file_was(spool):
    scan = store(spool, b"failed/2026-11-23/ward/a.dcm")
    source = requeue(spool, scan)
    assert source == b"ward/a.dcm"
    claim = claim_file(spool, source)
    assert claim.origin.requeued_from == SCAN_ID
    assert list(spool.requeued.iterdir()) == []


def test_a_file_that_was_changed_in_the_inbox_is_another_one(spool):
    source = requeue(spool, store(spool, b"failed/2026-11-23/a.dcm"))
    (spool.inbox / "a.dcm").write_bytes(b"something else altogether")
    assert claim_file(spool, source).origin.requeued_from is None


def test_each_of_two_names_of_one_file_knows_what_it_was(spool):
    """Notes are found by the inode: the second one took the place of the first."""
    first = store(spool, b"done/2026-11-23/a.dcm")
    other = SCAN_ID.replace("abcd", "abce")
    second = Answered(other, "b.dcm", "done/2026-11-23/b.dcm")
    os.link(spool.done / "2026-11-23" / "a.dcm", spool.done / "2026-11-23" / "b.dcm")
    before = (spool.done / "2026-11-23" / "a.dcm").stat()
    sources = [requeue(spool, first), requeue(spool, second)]
    origins = [claim_file(spool, source).origin.requeued_from for source in sources]
    assert origins == [SCAN_ID, other]
    (kept,) = spool.claimed.glob("*/a.dcm")
    assert (kept.read_bytes(), kept.stat().st_mtime_ns) == (b"bytes of a scan", before.st_mtime_ns)


def test_the_reason_goes_with_the_file(spool):
    scan = store(spool, b"failed/2026-11-23/a.dcm")
    (spool.failed / "2026-11-23" / "a.dcm.reason.json").write_text("{}")
    requeue(spool, scan)
    assert list((spool.failed / "2026-11-23").iterdir()) == []


def test_its_small_pictures_go_and_one_that_cannot_go_keeps_no_file(spool):
    scan = store(spool, b"done/2026-11-23/a.dcm")
    path = preview_file(spool, SCAN_ID, 1, small=True)
    write_preview(path, b"jpeg")
    requeue(spool, scan)
    assert not path.exists()

    scan = store(spool, b"done/2026-11-23/b.dcm")
    path.mkdir(parents=True)  # no file, so it cannot be unlinked
    assert requeue(spool, scan) == b"b.dcm"


def test_nothing_in_the_inbox_is_overwritten(spool):
    (spool.inbox / "a.dcm").write_bytes(b"newer")
    source = requeue(spool, store(spool, b"done/2026-11-23/a.dcm"))
    assert source == b"a~00000000abcd.dcm"
    assert (spool.inbox / "a.dcm").read_bytes() == b"newer"
    assert (spool.inbox / os.fsdecode(source)).read_bytes() == b"bytes of a scan"


@pytest.mark.parametrize("name", [b"\xff\xfe.dcm", b"a\nb.dcm", b"100%.dcm", b" .dcm"])
def test_names_of_any_bytes_come_back_as_they_were(name, spool):
    assert name == requeue(spool, store(spool, b"done/2026-11-23/" + name))
    assert [name] == [os.fsencode(path.name) for path in spool.inbox.iterdir()]


def test_a_file_that_is_not_there_is_named_by_its_scan(spool):
    with pytest.raises(MissingFileError, match=SCAN_ID):
        requeue(spool, Answered(SCAN_ID, "a.dcm", "done/2026-11-23/a.dcm"))
    assert list(spool.requeued.iterdir()) == []


def test_what_is_no_file_is_not_moved(spool, tmp_path):
    (tmp_path / "canary").write_text("canary")
    (spool.done / "a.dcm").symlink_to(tmp_path / "canary")
    with pytest.raises(MissingFileError):
        requeue(spool, Answered(SCAN_ID, "a.dcm", "done/a.dcm"))


@pytest.mark.parametrize("path", ["../canary", "/etc/hostname", "done/../../canary", "", "%2E%2E/canary"])
def test_a_row_cannot_reach_out_of_the_spool(path, spool, tmp_path):
    (tmp_path / "canary").write_text("canary")
    with pytest.raises(BadDataError):
        requeue(spool, Answered(SCAN_ID, "a.dcm", path))
    scan = store(spool, b"done/2026-11-23/a.dcm")
    with pytest.raises(BadDataError):
        requeue(spool, Answered(SCAN_ID, path, scan.stored_path))
    assert (tmp_path / "canary").read_text() == "canary"
    assert (spool.done / "2026-11-23" / "a.dcm").is_file()


def test_an_orphan_becomes_a_new_arrival_without_a_past(spool):
    scan = store(spool, b"done/2026-11-23/ward/a.dcm")
    source = return_orphan(spool, scan.stored_path)
    assert source == b"ward/a.dcm"
    assert claim_file(spool, source).origin.requeued_from is None


def test_an_original_of_an_archive_is_never_moved(spool, tmp_path):
    """Break it: join the path to the spool. The archive loses its file."""
    original = tmp_path / "archive.dcm"
    original.write_bytes(b"x")
    with pytest.raises(BadDataError, match="original of an archive"):
        requeue(spool, Answered("id-1", "archive.dcm", str(original)))
    assert original.read_bytes() == b"x"
