"""What a demo prints, from rows that are made up; the demo itself, whole: `test_demo`."""

import csv
import shlex

import pytest

from daemon.demo.answers import count, show
from tests.support.records import MODEL, RUN, classified, failed, scan_id


@pytest.fixture
def answered(ledger, spool, monkeypatch):
    """A spool with three answers, seen from the folder above it."""
    monkeypatch.chdir(spool.root.parent)
    ledger.register_model(MODEL)
    run = ledger.begin_run(RUN)
    ledger.record([classified(1), classified(2, probability=0.875), failed(3)], run)
    return spool


def test_scans_with_an_answer_are_counted(answered):
    assert count(answered) == 3


def test_each_file_has_a_line_and_each_code_its_sentence(answered, capsys):
    show(answered)
    printed = capsys.readouterr()

    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.out.splitlines()]
    assert [line[:2] for line in lines if line and line[0].startswith("ward/")] == [
        ["ward/1.dcm", "fractured"],
        ["ward/2.dcm", "fractured"],
        ["ward/3.dcm", "failed: truncated"],
    ]
    assert printed.err.count("truncated: ") == 1
    assert max(map(len, printed.err.splitlines())) <= 80
    with (answered.export / "results.csv").open(newline="") as stream:
        assert [row["scan_id"] for row in csv.DictReader(stream)] == [scan_id(one) for one in (1, 2, 3)]


def test_what_is_next_names_the_highest_answer_by_a_prefix_of_its_own(answered, capsys):
    """The ids of the three differ in their third group first."""
    show(answered)
    commands = [shlex.split(line) for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]

    assert [command[1:] for command in commands if "explain" in command] == [
        ["--config", "spool/demo.toml", "--spool", "spool", "explain", "01935a7c-0000-7002"]
    ]
    assert commands[-1][-1] == "run"
