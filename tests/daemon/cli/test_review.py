import csv
import getpass
import io
import json
import sqlite3

import pytest

from tests.support.recorded import fill
from tests.support.records import classified, scan_id


def reviews(call, spool):
    """Give every review, as the table of them has it."""
    end = call(spool, "export", "-", "--reviews")
    assert end.returncode == 0, end.stderr
    return list(csv.DictReader(io.StringIO(end.stdout)))


def verdicts(call, spool):
    return [(row["scan_id"], row["verdict"]) for row in reviews(call, spool)]


def test_scans_are_reviewed_by_id_and_by_name(recorded, call):
    end = call(
        recorded, "review", scan_id(1)[-8:], "2.dcm", "--disagree", "--note", "=healed", "--as", "anna"
    )
    assert end.returncode == 0, end.stderr
    assert end.stdout.splitlines() == [f"{scan_id(1)}\tdisagree", f"{scan_id(2)}\tdisagree"]
    assert end.stderr == "2 scans reviewed\n"
    first, second = reviews(call, recorded)
    assert (first["scan_id"], first["decision"], second["decision"]) == (
        scan_id(1),
        "fractured",
        "not_fractured",
    )
    assert (first["reviewer"], first["note"], first["model"]) == ("anna", "'=healed", "inboxray-test@1.0.0")


def test_without_a_name_the_reviewer_is_the_user(recorded, call, monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert call(recorded, "review", scan_id(1), "--agree").returncode == 0
    assert reviews(call, recorded)[0]["reviewer"] == getpass.getuser()


def test_a_changed_mind_is_another_review_and_the_answer_stays(recorded, call):
    before = call(recorded, "results", "--format", "csv").stdout
    for verdict in ("--agree", "--unsure"):
        assert call(recorded, "review", scan_id(1), verdict).returncode == 0
    assert verdicts(call, recorded) == [(scan_id(1), "agree"), (scan_id(1), "unsure")]
    after = call(recorded, "results", "--format", "csv").stdout
    assert after.replace(",unsure,,\n", ",,,\n") == before
    assert after.count(",unsure,,\n") == 1


def test_a_scan_without_an_answer_is_65_and_no_other_is_reviewed(recorded, call):
    """Break it: record what can be reviewed, and then refuse."""
    end = call(recorded, "review", scan_id(1), scan_id(3), "--agree")
    assert (end.returncode, end.stdout) == (65, "")
    assert f"the scan {scan_id(3)} has the outcome failed" in end.stderr
    assert verdicts(call, recorded) == []


def test_an_unknown_scan_is_66_and_what_was_typed_is_not_quoted(recorded, call):
    end = call(recorded, "review", scan_id(1), "Hans", "--agree")
    assert (end.returncode, end.stdout) == (66, "")
    assert "SCAN 2 of 2" in end.stderr
    assert "Hans" not in end.stderr
    assert verdicts(call, recorded) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give scans and --agree, --disagree or --unsure, or --figures"),
        (["--agree"], "give scans"),
        (["SCAN"], "give one of --agree, --disagree or --unsure"),
        (["SCAN", "--agree", "--unsure"], "give one of"),
        (["SCAN", "--agree", "--as", " "], "a name is wanted"),
        (["SCAN", "--agree", "--json"], "it goes with --figures"),
        (["--figures", "--agree"], "without scans and verdicts"),
        (["SCAN", "--figures"], "without scans and verdicts"),
        (["--figures", "--note", "x"], "without scans and verdicts"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_64(arguments, words, recorded, call):
    named = [scan_id(1) if one == "SCAN" else one for one in arguments]
    end = call(recorded, "review", *named)
    assert end.returncode == 64
    assert words in " ".join(end.stderr.split())
    assert verdicts(call, recorded) == []


def test_it_leaves_a_line_in_the_audit_trail_without_the_note(recorded, call):
    assert call(recorded, "review", scan_id(1), "--agree", "--note", "Meyer", "--as", "Anna").returncode == 0
    assert call(recorded, "review", scan_id(3), "--agree").returncode == 65
    done, refused = (json.loads(line) for line in (recorded / ".audit.jsonl").read_text().splitlines())
    assert (done["command"], done["outcome"], done["scans"]) == ("review", "done", 1)
    assert (refused["outcome"], refused["scans"]) == ("not_reviewable", 0)
    assert "Meyer" not in (recorded / ".audit.jsonl").read_text()


def test_a_program_that_reads_for_long_keeps_no_review_out(recorded, call):
    reader = sqlite3.connect(recorded / "results.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM scans").fetchone()
    assert call(recorded, "review", scan_id(1), "--agree").returncode == 0
    reader.close()
    assert verdicts(call, recorded) == [(scan_id(1), "agree")]


@pytest.fixture
def reviewed(tmp_path, call):
    hand = {"device": "a" * 12, "manufacturer": "Maker", "region": "hand"}
    rows = [classified(number, **hand) for number in (1, 2, 3)]
    rows += [classified(4, decision="not_fractured"), classified(5, decision="abstained")]
    spool = fill(tmp_path / "spool", rows)
    for verdict, *numbers in (("--agree", 1, 2, 4, 5), ("--disagree", 3)):
        assert call(spool, "review", *map(scan_id, numbers), verdict).returncode == 0
    return spool


def test_figures_as_json(reviewed, call):
    found = json.loads(call(reviewed, "review", "--figures", "--json").stdout)
    assert [(one["by"], one["group"], one["reviewed"]) for one in found] == [
        ("all", None, 5),
        ("device", "a" * 12, 3),
        ("device", None, 2),
        ("region", "hand", 3),
        ("region", None, 2),
    ]
    everything = found[0]
    assert (everything["ppv"]["hits"], everything["ppv"]["count"]) == (2, 3)
    assert everything["ppv"]["low"] == pytest.approx(0.2077, abs=1e-4)
    assert everything["ppv"]["high"] == pytest.approx(0.9385, abs=1e-4)
    assert (everything["specificity"]["value"], everything["abstained"]) == (0.5, 1)
    assert found[1]["specificity"]["value"] == 0.0
    assert found[2]["ppv"] is None


def test_figures_for_people_state_what_each_share_is_of(reviewed, call):
    end = call(reviewed, "review", "--figures")
    assert end.returncode == 0, end.stderr
    for words in ("all", "device Maker", "device not known", "region hand", "0.67 (0.21-0.94) 2/3"):
        assert words in end.stdout
    assert "5 scans reviewed. Shares hold for these" in end.stderr


def test_without_reviews_there_are_figures_of_none(recorded, call):
    end = call(recorded, "review", "--figures")
    assert end.returncode == 0
    assert "0 scans reviewed" in end.stderr
