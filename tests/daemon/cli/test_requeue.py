from dataclasses import replace

import pytest

from daemon.errors import InputOutputError
from daemon.spool.attempts import is_set_aside, note_end
from daemon.spool.claiming import claim_file
from daemon.spool.folders import Spool
from tests.support.pictures import drop
from tests.support.recorded import fill
from tests.support.records import MODEL, classified, failed, scan_id


def test_named_scans_go_back(recorded, call):
    end = call(recorded, "requeue", scan_id(1), scan_id(3)[:18])
    assert end.returncode == 0, end.stderr
    assert [f"{scan_id(1)}\tinbox/ward/1.dcm", f"{scan_id(3)}\tinbox/ward/3.dcm"] == end.stdout.splitlines()
    assert [(recorded / f"inbox/ward/{number}.dcm").read_text() for number in (1, 3)] == ["1", "3"]


def test_failed_scans_go_back_by_their_code_and_a_second_time_there_are_none(recorded, call):
    end = call(recorded, "requeue", "--failed", "--code", "truncated")
    assert [f"{scan_id(3)}\tinbox/ward/3.dcm"] == end.stdout.splitlines()
    again = call(recorded, "requeue", "--failed")
    assert (0, [f"{scan_id(4)}\tinbox/ward/4.dcm"]) == (again.returncode, again.stdout.splitlines())
    assert "without a file where their rows say: 1" in again.stderr


def test_originals_of_an_archive_keep_no_failed_scan_from_going_back(tmp_path, call):
    """Break it: end at the first original. Those after it stayed in failed/, and nothing said so."""
    original = tmp_path / "archive/1.dcm"
    spool = fill(tmp_path / "spool", [replace(failed(1), stored_path=str(original)), failed(2)])
    assert original.is_file()
    end = call(spool, "requeue", "--failed")
    assert (0, [f"{scan_id(2)}\tinbox/ward/2.dcm"]) == (end.returncode, end.stdout.splitlines())
    assert "left where they lie, in archives: 1" in end.stderr
    assert "backfill --again --outcome failed`" in end.stderr
    named = call(spool, "requeue", scan_id(1))
    assert (named.returncode, named.stdout) == (65, "")
    assert "never moved" in named.stderr


def test_all_that_a_release_answered_goes_back_and_nothing_of_another(tmp_path, call):
    """Break it: take a part of a name for the whole. Those of its companion go back, too."""
    old, other = replace(MODEL, name="net", sha256="b" * 64), replace(MODEL, name="a-net", sha256="c" * 64)
    scans = [
        classified(1, model_sha256=old.sha256),
        classified(2, model_sha256=other.sha256),
        failed(3),
        classified(4, model_sha256=old.sha256),
    ]
    spool = fill(tmp_path / "spool", scans, models=(old, other))
    end = call(spool, "requeue", "--model", f"net@{old.version}")
    assert end.returncode == 0, end.stderr
    assert [line.split("\t")[0] for line in end.stdout.splitlines()] == [scan_id(1), scan_id(4)]
    assert "2 of 2 scans" in end.stderr
    assert call(spool, "requeue", "--model", "net").stdout == ""


def test_rejected_scans_go_back_by_their_code_too(tmp_path, call):
    """Break it: look among failed ones only. A setting that was wrong has rejected them for nothing."""
    rows = [
        failed(1),
        failed(2, "excluded_modality", outcome="rejected"),
        failed(3, "excluded_modality", outcome="rejected"),
    ]
    spool = fill(tmp_path / "spool", rows)
    end = call(spool, "requeue", "--code", "Excluded modality")
    assert [line.split("\t")[0] for line in end.stdout.splitlines()] == [scan_id(2), scan_id(3)]


def test_scans_go_back_by_the_end_of_an_id_and_by_a_name(recorded, call):
    end = call(recorded, "requeue", scan_id(1)[-8:], "3.dcm", "failed/2026-11-23/ward/4.dcm")
    assert end.returncode == 0, end.stderr
    assert [line.split("\t")[0] for line in end.stdout.splitlines()] == [scan_id(1), scan_id(3), scan_id(4)]


def test_of_several_with_a_name_the_latest_goes_back_and_the_others_are_named(tmp_path, call):
    same = [replace(failed(n), source_name="leg.dcm", stored_path=f"failed/{n}.dcm") for n in (1, 2)]
    end = call(fill(tmp_path / "spool", same), "requeue", "leg.dcm")
    assert end.stdout.startswith(scan_id(2))
    assert f"the latest is taken, not: {scan_id(1)}" in end.stderr


def test_a_named_scan_whose_file_is_gone_is_66_and_the_others_go_back(recorded, call):
    (recorded / "done/2026-11-23/ward/1.dcm").unlink()
    end = call(recorded, "requeue", scan_id(1), scan_id(2))
    assert (66, [f"{scan_id(2)}\tinbox/ward/2.dcm"]) == (end.returncode, end.stdout.splitlines())
    assert scan_id(1) in end.stderr


def test_an_unknown_scan_is_66_and_nothing_moves(recorded, call):
    end = call(recorded, "requeue", scan_id(1), scan_id(9))
    assert (end.returncode, end.stdout) == (66, "")
    assert (recorded / "done/2026-11-23/ward/1.dcm").is_file()
    assert scan_id(9) in end.stderr


def test_what_is_no_id_is_told_by_its_place_and_not_quoted(recorded, call):
    end = call(recorded, "requeue", scan_id(1), "Hans")
    assert (end.returncode, end.stdout) == (66, "")
    assert "SCAN 2 of 2: no row has that name, or an id that begins or ends so" in end.stderr
    assert "nothing was done" in end.stderr
    assert "Hans" not in end.stderr
    assert (recorded / "done/2026-11-23/ward/1.dcm").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--failed", "--code", "no_image"], "no failed scan is no_image"),
        ([scan_id(3), "--code", "truncated"], "not both"),
        ([scan_id(3), "--failed"], "not both"),
        ([], "or --failed"),
        ([scan_id(3), "--set-aside"], "goes alone"),
        (["--failed", "--set-aside"], "goes alone"),
        (["--failed", "--model", "net@1"], "goes alone"),
        ([scan_id(3), "--model", "net@1"], "goes alone"),
    ],
)
def test_what_does_not_go_together_is_64(arguments, words, recorded, call):
    end = call(recorded, "requeue", *arguments)
    assert end.returncode == 64
    assert words in end.stderr


def test_claims_that_were_set_aside_are_named_and_tried_again(recorded, call):
    """Fault 73."""
    spool = Spool(recorded)
    claims = []
    for name, times in (("a.dcm", 3), ("b.dcm", 2)):
        drop(spool.inbox / name, b"x")
        claims.append(claim_file(spool, name.encode()))
        for _ in range(times):
            note_end(claims[-1], InputOutputError("x"))
    end = call(recorded, "requeue", "--set-aside")
    assert (end.returncode, end.stdout) == (0, f"{claims[0].scan_id}\n")
    assert "next start of the daemon: 1 claim" in end.stderr
    assert not is_set_aside(claims[0])
    assert call(recorded, "requeue", "--set-aside").stdout == ""
