import csv
import io
import json
import os
import pty

import pytest

from storage.schema import RESULT_COLUMNS
from tests.support.daemons import environment, inboxray, start
from tests.support.deadlines import scaled
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id


def listed(call, spool, *arguments):
    end = call(spool, "results", "--format", "json", *arguments)
    assert end.returncode == 0, end.stderr
    return [row["scan_id"] for row in json.loads(end.stdout)]


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ([], [1, 2, 3, 4]),
        (["--limit", "2"], [4, 3]),
        (["--decision", "fractured"], [1]),
        (["--outcome", "failed"], [3, 4]),
        (["--code", "truncated"], [3]),
        (["--patient", "patient-1"], [1]),
        (["--study", "1.2.3.2"], [2]),
        (["--modality", "DX"], [1, 2]),
        (["--since", "2026-11-23T12:00:02.250Z", "--until", "2026-11-23T12:00:04.250Z"], [2, 3]),
        (["--modality", "MR"], []),
        (["--sort", "newest"], [4, 3, 2, 1]),
        (["--sort", "suspicious"], [1, 4, 3, 2]),
        (["--sort", "oldest", "--limit", "2"], [1, 2]),
        (["--min-probability", "0.5"], [1]),
        (["--max-probability", "0.5"], [2]),
        (["--accession", "ACCESSION-1"], [1]),
        (["--uid", "1.2.3.2.1"], [2]),
        (["--name", "Nothing has this name"], []),
        (["--device", "no such device"], []),
        (["--region", "hand"], []),
    ],
    ids=str,
)
def test_filters(arguments, numbers, recorded, call):
    assert [scan_id(number) for number in numbers] == listed(call, recorded, *arguments)


def test_what_was_reviewed_and_what_was_not(recorded, call):
    assert call(recorded, "review", "--unsure", scan_id(2)).returncode == 0
    assert listed(call, recorded, "--reviewed") == [scan_id(2)]
    assert listed(call, recorded, "--not-reviewed") == [scan_id(number) for number in (1, 3, 4)]


def test_current_leaves_out_what_was_requeued_and_answered_since(tmp_path, call):
    spool = fill(tmp_path / "spool", [classified(1), failed(2), classified(3, requeued_from=scan_id(2))])
    assert listed(call, spool) == [scan_id(number) for number in (1, 2, 3)]
    assert listed(call, spool, "--current") == [scan_id(number) for number in (1, 3)]


def test_a_time_without_a_zone_is_local(recorded, monkeypatch):
    monkeypatch.setenv("TZ", "UTC-3")  # three hours east of Greenwich
    end = inboxray(recorded, "results", "--format", "csv", "--since", "2026-11-23 15:00:04")
    assert end.stdout.splitlines()[1].startswith(scan_id(4))
    assert len(end.stdout.splitlines()) == 2


def test_csv_is_what_export_writes(recorded, call):
    printed = call(recorded, "results", "--format", "csv").stdout
    assert call(recorded, "export", "-").stdout == printed
    first, *rows = csv.reader(io.StringIO(printed))
    assert list(RESULT_COLUMNS) == first
    assert [row[first.index("patient_id")] for row in rows] == ["patient-1", "'=2+3", "", ""]
    assert [row[first.index("probability")] for row in rows] == ["0.625000", "0.062500", "", ""]


def test_a_table_in_a_pipe_is_not_cut(recorded, call):
    end = call(recorded, "results")
    assert all(scan_id(number) in end.stdout for number in (1, 2, 3, 4))
    assert "4 scans" in end.stderr


def test_in_a_narrow_terminal_what_is_copied_is_whole(recorded):
    """In a terminal of 80 columns, as most are: rich asks COLUMNS for its width."""
    leader, follower = pty.openpty()
    settings = environment(recorded) | {"COLUMNS": "80"}
    with open(follower, "wb") as terminal, open(os.devnull, "wb") as nothing:
        process = start(["results"], env=settings, stdout=terminal, stderr=nothing)
        assert process.wait(scaled(60)) == 0
        shown = os.read(leader, 1 << 16).decode()
    os.close(leader)
    assert all(scan_id(number) in shown for number in (1, 2, 3, 4))
    assert len(shown.splitlines()) == 5


def test_without_rows_there_is_no_table(recorded, call):
    end = call(recorded, "results", "--modality", "MR")
    assert (end.stdout, end.stderr) == ("", "0 scans\n")


def test_probabilities_the_wrong_way_round_are_refused(recorded, call):
    end = call(recorded, "results", "--min-probability", "0.9", "--max-probability", "0.1")
    assert end.returncode == 64
    assert "from 0.9 to 0.1" in end.stderr
