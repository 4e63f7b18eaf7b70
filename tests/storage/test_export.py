import csv
import gc
import io
import os
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from storage.engine import open_engine
from storage.errors import CannotCreateExport, CannotWriteExport, DatabaseUnavailable
from storage.export import export_results, export_reviews
from storage.reviews import add_review
from storage.tables.formats import ENDINGS, is_written, writer_of
from tests.support.deadlines import scaled
from tests.support.records import NOON, classified, digest, failed, scan_id

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = [ending for ending in ENDINGS if is_written(ending)]
HEADER = (
    "scan_id,received_at,finished_at,source_name,outcome,error_code,decision,probability,model,frames,modality,"
    "body_part_examined,laterality,view_position,patient_id,accession_number,study_instance_uid,"
    "series_instance_uid,sop_instance_uid,transfer_syntax_uid,rows,columns,sha256,duplicate_of,stored_path,"
    "warnings,error_detail,manufacturer,manufacturer_model_name,station_name,region,prevalence,superseded_by,reviewed,"
    "calling_ae,calling_address\n"
)


@pytest.fixture
def filled(engine, ledger, run_id):
    names = {
        "manufacturer": "Maker",
        "manufacturer_model_name": "Model 1",
        "station_name": "Room 1",
        "region": "hand",
        "prevalence": 0.12,
        "calling_ae": "CT1",
        "calling_address": "192.0.2.7",
    }
    ledger.record([classified(1, **names), failed(2, "empty_file")], run_id)
    add_review(engine, scan_id(1), "agree", "anna")
    return engine


def read(raw: bytes) -> list[list[str]]:
    """Read as any other program would."""
    return list(csv.reader(io.StringIO(raw.decode(), newline="")))


def test_the_file_is_what_was_promised(filled, tmp_path):
    assert export_results(filled, tmp_path / "results.csv") == 2

    assert (tmp_path / "results.csv").read_bytes().decode() == (
        HEADER
        + f"{scan_id(1)},2026-11-23T12:00:01.000000Z,2026-11-23T12:00:01.250000Z,ward/1.dcm,classified,,"
        "fractured,0.625000,inboxray-test@1.0.0,1,DX,HAND,L,PA,patient-1,accession-1,1.2.3.1,1.2.3.1.1,1.2.3.1.1.1,"
        f"1.2.840.10008.1.2.1,2500,2048,{digest(1)},,done/2026-11-23/ward/1.dcm,odd_window,,"
        "Maker,Model 1,Room 1,hand,0.12,,agree,CT1,192.0.2.7\n"
        f"{scan_id(2)},2026-11-23T12:00:02.000000Z,2026-11-23T12:00:02.250000Z,ward/2.dcm,failed,empty_file,"
        f",,,,,,,,,,,,,,,,{digest(2)},,failed/2026-11-23/ward/2.dcm,,,,,,,,,,,\n"
    )


def test_without_rows_there_is_a_header(engine):
    stream = io.BytesIO()

    assert export_results(engine, stream) == 0
    assert stream.getvalue().decode() == HEADER


def test_reviews_are_a_table_of_their_own(filled):
    add_review(filled, scan_id(1), "disagree", "=Bert", "no fracture, an old one", at=NOON)
    stream = io.BytesIO()

    assert export_reviews(filled, stream) == 2

    header, first, second = read(stream.getvalue())
    assert header == ["scan_id", "reviewed_at", "reviewer", "verdict", "note", "model", "decision"]
    assert (first[0], *first[2:]) == (scan_id(1), "anna", "agree", "", "inboxray-test@1.0.0", "fractured")
    assert second[1:5] == ["2026-11-23T12:00:00.000000Z", "'=Bert", "disagree", "no fracture, an old one"]

    stream = io.BytesIO()
    assert export_reviews(filled, stream, until=NOON + timedelta(seconds=1)) == 1
    assert read(stream.getvalue())[1][3] == "disagree"


def test_since_and_until_are_half_open(engine, ledger, run_id):
    ledger.record([classified(number) for number in range(10)], run_id)
    finished = [NOON + timedelta(seconds=number, milliseconds=250) for number in range(10)]
    stream = io.BytesIO()

    written = export_results(engine, stream, finished[3], finished[6])

    assert written == 3
    assert [row[0] for row in read(stream.getvalue())[1:]] == [scan_id(number) for number in (3, 4, 5)]


def test_a_file_is_replaced_and_nothing_else_is_left(filled, tmp_path):
    target = tmp_path / "results.csv"
    target.write_text("old")
    held = target.open()

    export_results(filled, target)

    assert held.read() == "old"
    held.close()
    assert target.read_text().startswith("scan_id,")
    assert list(tmp_path.glob(".*.tmp")) == []


def test_a_link_keeps_pointing_to_the_file(filled, tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "real" / "results.csv")

    export_results(filled, link)

    assert link.is_symlink()
    assert (tmp_path / "real" / "results.csv").read_text().startswith("scan_id,")


def test_a_new_file_is_its_owners_and_one_that_is_replaced_keeps_its_permissions(filled, tmp_path):
    before = os.umask(0o022)
    try:
        (tmp_path / "shared.csv").touch(0o644)
        export_results(filled, tmp_path / "shared.csv")
        export_results(filled, tmp_path / "private.csv")
        export_results(filled, tmp_path / "group.csv", mode=0o640)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "private.csv").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "group.csv").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "shared.csv").stat().st_mode) == 0o644


def test_a_pipe_is_written_and_not_replaced(filled, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()

    export_results(filled, pipe)
    reader.join(scaled(30))

    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert got[0].startswith(HEADER)


def test_a_dash_is_standard_output(filled, capfdbinary):
    export_results(filled, "-")

    assert capfdbinary.readouterr().out.startswith(HEADER.encode())


@pytest.mark.parametrize("place", ["missing/results.csv", "."])
def test_a_file_that_cannot_be_made_is_an_error_that_says_why(filled, tmp_path, place):
    with pytest.raises(CannotCreateExport) as raised:
        export_results(filled, tmp_path / place)

    assert raised.value.exit_code == 73


@pytest.mark.parametrize("ending", WRITTEN)
def test_a_full_disk_leaves_the_old_file(filled, ending):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    with pytest.raises(CannotWriteExport, match="No space") as raised:
        export_results(filled, Full(), write=writer_of(ending))

    assert raised.value.exit_code == 74


@pytest.mark.parametrize("ending", WRITTEN)
def test_a_device_that_is_full_is_an_error(filled, ending):
    """What a writer still writes when it is forgotten is a warning of its own, which fails the test."""
    with pytest.raises(CannotWriteExport, match="No space"):
        export_results(filled, Path("/dev/full"), write=writer_of(ending))
    gc.collect()


def test_a_database_that_fails_leaves_the_old_file(empty_engine, tmp_path):
    target = tmp_path / "results.csv"
    target.write_text("old")

    with pytest.raises(DatabaseUnavailable):
        export_results(empty_engine, target)

    assert target.read_text() == "old"
    assert list(tmp_path.glob(".*.tmp")) == []


@pytest.mark.parametrize("ending", WRITTEN)
def test_a_reader_that_leaves_is_the_callers_to_judge(engine, ledger, run_id, ending):
    ledger.record([classified(number) for number in range(800)], run_id)
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "wb", buffering=0) as stream, pytest.raises(BrokenPipeError):
        export_results(engine, stream, write=writer_of(ending))

    assert engine.pool.checkedout() == 0


EXPORT = """
import itertools, signal, sys
from pathlib import Path
from storage.engine import open_engine
from storage.export import export_results
from storage.tables.csv import write_csv

def write(batches, stream, table):
    return write_csv(until_killed(batches, stream, int(sys.argv[3])), stream, table)

def until_killed(batches, stream, number):
    yield from itertools.islice(batches, number)
    stream.flush()
    print("has written", flush=True)
    signal.pause()

export_results(open_engine(sys.argv[1], readonly=True), Path(sys.argv[2]), write=write)
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_killed_export_leaves_the_old_file_and_the_next_one_tidies_up(
    database_url, engine, ledger, run_id, tmp_path, size
):
    """Fault 48. Break it: write to the file itself instead of to one beside it."""
    rows, kills = size((20_000, 3), (50_000, 20))
    ledger.record([classified(number, predictions=()) for number in range(rows)], run_id)
    folder = tmp_path / "export"
    folder.mkdir()
    target = folder / "results.csv"
    target.write_text("old")

    for kill in range(kills):
        command = [sys.executable, "-c", EXPORT, database_url, target, str(1 + kill % 5)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
            assert child.stdout.readline() == b"has written\n"
            assert {path.stat().st_size > 0 for path in folder.glob(".results.csv.*.tmp")} == {True}
            child.kill()
        assert target.read_text() == "old"
    assert list(folder.glob(".*.tmp"))

    assert export_results(engine, target) == rows

    assert target.read_bytes().count(b"\n") == rows + 1
    assert list(folder.iterdir()) == [target]


def test_exports_of_one_file_at_once_do_not_disturb_each_other(
    database_url, engine, ledger, run_id, tmp_path
):
    ledger.record([classified(number) for number in range(600)], run_id)
    reader = open_engine(database_url, readonly=True)
    errors = []

    def export():
        try:
            export_results(reader, tmp_path / "results.csv")
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=export) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(scaled(60))
    reader.dispose()

    assert errors == []
    assert (tmp_path / "results.csv").read_bytes().count(b"\n") == 601
