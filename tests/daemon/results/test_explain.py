from dataclasses import replace

import pytest

from daemon.results.explain import explain_scan
from daemon.spool.reasons import REASONS
from model.release import shipped_folders
from storage.records import RunRecord
from storage.scan_detail import scan
from tests.support.records import MODEL, NOON, classified, failed, scan_id


@pytest.fixture
def detail(ledger):
    """Give what the database holds of a scan that it records."""
    run_id = ledger.begin_run(RunRecord(NOON, "host", "0.1.0", "d" * 64, 1))
    ledger.register_model(MODEL)

    def record(row, *others):
        ledger.record([row, *others], run_id)
        return scan(ledger._engine, row.scan_id)

    return record


def sections(spool, found):
    return {title: dict(pairs) for title, pairs in explain_scan(found, spool).sections}


@pytest.mark.parametrize(
    ("decision", "score", "because"),
    [
        ("fractured", 0.95, "score 0.9500 reaches rule_in 0.9000"),
        ("not_fractured", 0.05, "score 0.0500 is below rule_out 0.1000"),
        ("uncertain", 0.5, "score 0.5000 lies between rule_out 0.1000 and rule_in 0.9000"),
        ("abstained", 0.5, "distance above 4.0000: the picture is not like what the model knows"),
    ],
)
def test_a_decision_says_which_threshold_made_it(spool, ledger, detail, decision, score, because):
    limits = {"rule_out": 0.1, "rule_in": 0.9, "distance": 4.0}
    other = replace(MODEL, sha256="e" * 64, version="2", thresholds=limits)
    ledger.register_model(other)
    found = detail(classified(1, decision=decision, score=score, model_sha256=other.sha256))
    assert sections(spool, found)["answer"]["because"] == because


def test_a_failure_says_its_reason_and_what_is_unknown_is_left_out(spool, detail):
    known = sections(spool, detail(failed(1, "truncated")))
    assert known["answer"]["because"] == REASONS["truncated"]
    assert "decision" not in known["answer"]
    assert "model" not in known


def test_it_is_done_again_with_the_file_where_it_lies_or_dropped_anew(spool, detail):
    found = detail(classified(1))
    assert explain_scan(found, spool).again == (f"drop the file into {spool.inbox}",)
    stored = spool.root / "done/2026-11-23/ward/1.dcm"
    stored.parent.mkdir(parents=True)
    stored.touch()
    requeue, classify = explain_scan(found, spool).again
    assert requeue == f"inboxray --spool {spool.root} requeue {scan_id(1)}"
    assert classify == f"inboxray classify {stored}"


def test_it_is_classified_again_by_the_release_that_answered_if_that_ships(spool, ledger, detail):
    """Break it: leave the release out. The command prints another answer than the row that it is of."""
    folder = shipped_folders()[-1]
    name, version = folder.name.rsplit("-", 1)
    ledger.register_model(replace(MODEL, sha256="e" * 64, name=name, version=version))
    found = detail(classified(1, model_sha256="e" * 64))
    stored = spool.root / "done/2026-11-23/ward/1.dcm"
    stored.parent.mkdir(parents=True)
    stored.touch()
    assert explain_scan(found, spool).again[1] == f"inboxray classify --model {name}@{version} {stored}"


def test_an_original_of_an_archive_is_tried_again_where_it_lies(spool, detail, tmp_path):
    """Break it: offer `requeue`, which refuses what lies in an archive."""
    original = tmp_path / "archive" / "1.dcm"
    original.parent.mkdir()
    original.touch()
    found = detail(replace(failed(1, "truncated"), stored_path=str(original)))
    again, classify = explain_scan(found, spool).again
    choice = f"--outcome failed --sha256 {found.scan['sha256']}"
    assert again == f"inboxray --spool {spool.root} backfill --again {choice}"
    assert classify == f"inboxray classify {original}"
    answered = detail(replace(classified(2), stored_path=str(original)))
    assert explain_scan(answered, spool).again == (f"inboxray classify {original}",)


def test_what_no_further_try_can_read_is_not_to_be_requeued(spool, detail):
    found = detail(failed(1, "bad_header"))
    stored = spool.root / found.scan["stored_path"]
    stored.parent.mkdir(parents=True)
    stored.touch()
    assert explain_scan(found, spool).again == (f"inboxray classify {stored}",)


def test_frames_have_their_heat_maps_as_rows(spool, detail):
    (frame,) = explain_scan(detail(classified(1)), spool).frames
    assert [len(frame["heat_map"]), frame["heat_map"][6][6]] == [7, 48.0]
    assert frame["logit"] == 2.25


def test_its_past_and_its_copies_are_named(spool, detail):
    copy = classified(2, duplicate_of=scan_id(1))
    again = classified(3, requeued_from=scan_id(1))
    history = sections(spool, detail(classified(1), copy, again))["history"]
    assert history["duplicates"] == scan_id(2)
    assert history["requeued_as"] == scan_id(3)


def test_all_of_it_is_one_value_for_json(spool, detail):
    value = explain_scan(detail(classified(1)), spool).as_mapping()
    sections = {"answer", "model", "file", "header", "history", "warnings"}
    assert set(value) == sections | {"frames", "reviews", "again"}
    assert value["header"]["patient_id"] == "patient-1"
