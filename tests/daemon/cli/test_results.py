import csv
import io
import json

import pytest
from rich.cells import cell_len

from storage.results_view import RESULT_COLUMNS
from tests.support.daemons import inboxray
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id
from tests.support.terminals import AtTerminal


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


def test_a_terminal_of_80_columns_is_not_overrun_and_what_is_copied_is_whole(recorded):
    """The suspicious first, local times, and of each id the end, which names the scan as well."""
    with AtTerminal(recorded, "results", columns=80) as terminal:
        assert terminal.end() == 0
    lines = terminal.plain.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert [line.split()[0] for line in lines[1:-1]] == [scan_id(number)[-12:] for number in (1, 4, 3, 2)]
    assert "▲ fractured" in lines[1]
    assert lines[-1] == "4 scans"


def test_names_of_any_length_fit_into_80_columns(tmp_path):
    rows = [
        classified(1, source_name="ward/" + "long name " * 12 + ".dcm", decision="not_fractured"),
        failed(2, "unsupported_transfer_syntax", source_name="病院" * 40),
    ]
    with AtTerminal(fill(tmp_path / "spool", rows), "results", columns=80) as terminal:
        assert terminal.end() == 0
    assert max(map(cell_len, terminal.plain.splitlines())) <= 80


def test_times_are_local_on_a_terminal_and_utc_elsewhere(recorded, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    for columns, shown in ((80, "2026-11-23 17:30 IST"), (200, "2026-11-23 17:30:01 IST")):
        with AtTerminal(recorded, "results", columns=columns) as terminal:
            assert terminal.end() == 0
        assert shown in terminal.plain
    assert "2026-11-23 12:00:01 UTC" in inboxray(recorded, "results").stdout


def test_json_may_be_asked_for_shortly(recorded, call):
    assert call(recorded, "results", "--json").stdout == call(recorded, "results", "--format", "json").stdout


def test_without_rows_there_is_no_table(recorded, call):
    end = call(recorded, "results", "--modality", "MR")
    assert (end.stdout, end.stderr) == ("", "0 scans\n")


def test_probabilities_the_wrong_way_round_are_refused(recorded, call):
    end = call(recorded, "results", "--min-probability", "0.9", "--max-probability", "0.1")
    assert end.returncode == 64
    assert "from 0.9 to 0.1" in end.stderr


@pytest.mark.parametrize("by_study", [[], ["--by-study"]], ids=["scans", "studies"])
def test_a_limit_beyond_what_a_database_counts_is_none(recorded, call, by_study):
    all_of_them = call(recorded, "results", *by_study, "--format", "csv", "--sort", "newest")
    limited = call(
        recorded, "results", *by_study, "--format", "csv", "--sort", "newest", "--limit", str(1 << 63)
    )
    assert (limited.returncode, limited.stdout) == (0, all_of_them.stdout), limited.stderr
