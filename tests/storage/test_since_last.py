"""Exports of what is new: killed at each step, on a full disk, with another database."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import CannotCreateExport, CannotWriteExport
from storage.since_last import export_since_last
from storage.tables.formats import writer_of
from storage.urls import sqlite_url
from tests.support.deadlines import scaled
from tests.support.records import classified, failed

ROOT = Path(__file__).resolve().parents[2]

KILLED = """
import csv, json, os, sys
from pathlib import Path
from storage.engine import open_engine
from storage.ledger import Ledger
from storage.since_last import export_since_last
from tests.support.records import RUN, failed

url, target = sys.argv[1], Path(sys.argv[2])

def with_engine(do):
    engine = open_engine(url)
    try:
        return do(engine)
    finally:
        engine.dispose()  # a child may not have its connections

def exported():
    if not target.exists():
        return []
    with target.open(newline="") as file:
        return [int(row["scan_id"][-12:], 16) for row in csv.DictReader(file)]

def export():
    with_engine(lambda engine: export_since_last(engine, target))

def export_and_die(left):
    def dying(call):
        def called(*arguments, **named):
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(9)
            return call(*arguments, **named)
        return called
    os.replace, os.fsync, os.open = dying(os.replace), dying(os.fsync), dying(os.open)
    export()
    os._exit(0)

run_id = with_engine(lambda engine: Ledger(engine).begin_run(RUN))
seen, number, codes = [], 0, []
while 0 not in codes:
    number += 1
    with_engine(lambda engine: Ledger(engine).record([failed(number)], run_id))
    target.unlink(missing_ok=True)  # as a reader does who has taken it away
    child = os.fork()
    if child == 0:
        export_and_die(len(codes))
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    seen += exported()
    if number % 3 == 0:  # else several are killed one after the other
        export()
        seen += exported()
export()
print(json.dumps([sorted(seen + exported()), number, codes]))
"""


def exported(target):
    with target.open(newline="") as file:
        return [int(row["scan_id"][-12:], 16) for row in csv.DictReader(file)]


def test_each_export_has_what_is_new_since_the_one_before_it(engine, ledger, run_id, tmp_path):
    target = tmp_path / "new.csv"
    ledger.record([classified(2), classified(1)], run_id)
    assert export_since_last(engine, target) == 2
    assert exported(target) == [2, 1]
    ledger.record([failed(3)], run_id)
    assert export_since_last(engine, target) == 1
    assert exported(target) == [3]
    assert export_since_last(engine, target) == 0
    assert exported(target) == []


def test_another_target_begins_anew_and_any_table_goes(engine, ledger, run_id, tmp_path):
    ledger.record([classified(1)], run_id)
    export_since_last(engine, tmp_path / "a.csv")
    lines = tmp_path / "b.jsonl"
    assert export_since_last(engine, lines, write=writer_of("b.jsonl")) == 1
    assert json.loads(lines.read_text())["patient_id"] == "patient-1"
    assert (lines.stat().st_mode & 0o777) == 0o600


def test_a_killed_export_loses_nothing_and_repeats_nothing(migrated_file, tmp_path):
    """Killed before each call that makes, syncs or renames a file. Break it: note only before, or after."""
    url = sqlite_url(shutil.copy(migrated_file, tmp_path / "results.db"))
    end = subprocess.run(
        [sys.executable, "-c", KILLED, url, tmp_path / "new.csv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=scaled(120),
        check=False,
    )
    assert end.returncode == 0, end.stderr
    seen, number, codes = json.loads(end.stdout)
    assert seen == list(range(1, number + 1))
    assert len(codes) > 8
    assert codes == [9] * (len(codes) - 1) + [0]


def test_a_disk_that_refuses_replaces_nothing_and_the_rows_come_next_time(
    engine, ledger, run_id, tmp_path, monkeypatch
):
    target = tmp_path / "new.csv"
    ledger.record([classified(1)], run_id)
    export_since_last(engine, target)
    ledger.record([classified(2)], run_id)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("storage.since_last.os.replace", full)
        with pytest.raises(CannotWriteExport, match="nothing was replaced"):
            export_since_last(engine, target)
    assert exported(target) == [1]
    assert export_since_last(engine, target) == 1
    assert exported(target) == [2]


def test_a_disk_that_is_full_once_the_target_was_replaced_repeats_and_loses_nothing(
    engine, ledger, run_id, tmp_path, monkeypatch
):
    """Break it: say that nothing was replaced. The next export drops rows that no file has."""
    target = tmp_path / "new.csv"
    ledger.record([classified(1)], run_id)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("storage.since_last.sync_folder", full)
        assert export_since_last(engine, target) == 1
    assert exported(target) == [1]
    ledger.record([classified(2)], run_id)
    assert export_since_last(engine, target) == 1
    assert exported(target) == [2]


def test_another_database_and_a_spoilt_note_are_refused_with_what_to_do(engine, ledger, run_id, tmp_path):
    target, note = tmp_path / "new.csv", tmp_path / ".new.csv.since-last.json"
    ledger.record([classified(1)], run_id)
    export_since_last(engine, target)
    noted = json.loads(note.read_text())
    noted["exported"]["scan_id"] = "another"
    note.write_text(json.dumps(noted))
    with pytest.raises(CannotCreateExport, match="another database, or it was restored"):
        export_since_last(engine, target)
    note.write_text("{}")
    with pytest.raises(CannotCreateExport, match="remove it to have all rows exported again"):
        export_since_last(engine, target)
    note.unlink()
    assert export_since_last(engine, target) == 1


def test_what_is_no_file_is_refused(engine, tmp_path):
    with pytest.raises(CannotCreateExport, match="is no file"):
        export_since_last(engine, Path("/dev/null"))
    with pytest.raises(CannotCreateExport, match="check the folder"):
        export_since_last(engine, tmp_path / "none" / "new.csv")


def test_two_at_once_are_not_let_in(engine, ledger, run_id, tmp_path):
    ledger.record([classified(1)], run_id)

    def write_twice(rows, stream, table):
        with pytest.raises(CannotCreateExport, match="another export of what is new is under way"):
            export_since_last(engine, tmp_path / "new.csv")
        return len(list(rows))

    assert export_since_last(engine, tmp_path / "new.csv", write=write_twice) == 1
