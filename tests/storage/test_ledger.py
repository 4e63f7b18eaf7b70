"""The ledger, on SQLite and on PostgreSQL: a batch is one transaction, and doing it again is harmless.

Break it: let `storage.writes.insert_unless_there` insert always: what is recorded again is refused.
"""

import shutil
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select, text, update

from storage.engine import open_engine
from storage.errors import DatabaseRefused, DatabaseReplaced, ModelVersionTaken, RowsLost
from storage.ledger import Earlier, Ledger, Question, Recorded
from storage.scan_detail import scan as read_scan
from storage.schema import MODELS, PREDICTIONS, RUNS, SCANS
from storage.urls import sqlite_url
from tests.support.deadlines import scaled
from tests.support.records import HEAT_MAP, MODEL, NOON, RUN, classified, digest, failed, prediction, scan_id


def count(engine, table):
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_a_run_has_a_beginning_and_an_end(engine, ledger):
    first, second = ledger.begin_run(RUN), ledger.begin_run(RUN)
    ledger.end_run(first, NOON + timedelta(hours=1))

    with engine.connect() as connection:
        ended = {row.id: row.ended_at for row in connection.execute(select(RUNS.c.id, RUNS.c.ended_at))}
    assert ended == {first: NOON + timedelta(hours=1), second: None}


def test_a_model_is_registered_once(engine, ledger):
    assert ledger.register_model(MODEL) == ledger.register_model(replace(MODEL, name="another name"))
    assert ledger.register_model(MODEL) != ledger.register_model(
        replace(MODEL, version="1.0.1", sha256="c" * 64)
    )

    with engine.connect() as connection:
        first, _ = connection.execute(select(MODELS).order_by(MODELS.c.id)).all()
    assert first.name == MODEL.name
    assert first.thresholds == MODEL.thresholds
    assert first.calibration == MODEL.calibration


def test_another_model_of_the_same_name_and_version_is_refused(engine, ledger):
    ledger.register_model(MODEL)

    with pytest.raises(ModelVersionTaken, match=r"inboxray-test@1\.0\.0.*another version"):
        ledger.register_model(replace(MODEL, sha256="c" * 64))

    assert count(engine, MODELS) == 1
    ledger.register_model(replace(MODEL, name="another name", sha256="c" * 64))
    assert count(engine, MODELS) == 2


def test_a_version_that_two_models_had_before_this_was_refused_can_still_be_used(engine, ledger):
    first = ledger.register_model(MODEL)
    ledger.register_model(replace(MODEL, version="1.0.1", sha256="c" * 64))
    with engine.begin() as connection:
        connection.execute(update(MODELS).values(version=MODEL.version))

    assert ledger.register_model(MODEL) == first


def test_of_two_that_register_one_version_at_once_one_is_refused(engine):
    """Two daemons on one database, each with its own release under the same name."""
    ready = threading.Barrier(2, timeout=scaled(20))

    def register(number):
        model = replace(MODEL, version=str(number // 2), sha256=digest(number))
        ready.wait()
        try:
            Ledger(engine).register_model(model)
        except ModelVersionTaken:
            return "refused"
        return "registered"

    with ThreadPoolExecutor(2) as pool:
        ends = [sorted(pool.map(register, (number, number + 1))) for number in range(0, 20, 2)]
    assert ends == [["refused", "registered"]] * 10
    assert count(engine, MODELS) == 10


def test_what_is_recorded_is_what_is_read(engine, ledger, run_id):
    written = classified(
        7, frames=2, predictions=(prediction(1), prediction(2, decision="uncertain", heat_map=None))
    )

    ledger.record([written], run_id)
    detail = read_scan(engine, written.scan_id)

    for name in ("scan_id", "received_at", "finished_at", "decision", "probability", "score", "rows"):
        assert detail.scan[name] == getattr(written, name), name
    assert detail.scan["warnings"] == ["odd_window"]
    assert detail.scan["durations"] == {"decode": 0.25, "classify": 0.0125}
    assert [frame["frame"] for frame in detail.predictions] == [1, 2]
    assert detail.predictions[0]["logit"] == 2.25
    assert detail.predictions[0]["heat_map"] == HEAT_MAP
    assert struct.unpack("<49f", detail.predictions[0]["heat_map"]) == tuple(range(49))
    assert detail.predictions[1]["heat_map"] is None
    assert detail.model is not None
    assert detail.model["sha256"] == MODEL.sha256
    assert detail.run["settings_digest"] == RUN.settings_digest


def test_rows_are_counted_in_the_order_of_the_batch(engine, ledger, run_id):
    numbers = [5, 3, 9, 1, 7]
    ledger.record([classified(number) for number in numbers], run_id)

    with engine.connect() as connection:
        ids = connection.scalars(select(SCANS.c.scan_id).order_by(SCANS.c.seq)).all()
    assert ids == [scan_id(number) for number in numbers]


def test_recording_again_changes_nothing(engine, ledger, run_id):
    batch = [classified(number, predictions=(prediction(1), prediction(2))) for number in range(16)]

    for _ in range(3):
        ledger.record(batch, run_id)

    assert (count(engine, SCANS), count(engine, PREDICTIONS)) == (16, 32)


def test_a_row_that_exists_wins_with_its_predictions(engine, ledger, run_id):
    ledger.record([classified(1)], run_id)

    others = (prediction(decision="uncertain"), prediction(2))
    changed = classified(1, decision="uncertain", predictions=others)
    ledger.record([changed, classified(2)], run_id)

    detail = read_scan(engine, scan_id(1))
    assert detail.scan["decision"] == "fractured"
    assert [frame["decision"] for frame in detail.predictions] == ["fractured"]
    assert count(engine, PREDICTIONS) == 2


def test_of_two_with_one_id_in_a_batch_the_first_counts(engine, ledger, run_id):
    ledger.record([classified(1), failed(1), classified(2)], run_id)

    assert {scan_id(1): "classified", scan_id(2): "classified"} == {
        key: found.outcome for key, found in ledger.find([scan_id(1), scan_id(2)]).items()
    }
    assert count(engine, PREDICTIONS) == 2


def test_a_batch_is_written_after_the_row_before_it_or_not_at_all(engine, ledger, run_id):
    """Fault 69."""
    ledger.record([classified(1)], run_id)
    ledger.record([classified(2)], run_id, after=scan_id(1))

    with pytest.raises(RowsLost):
        ledger.record([classified(4)], run_id, after=scan_id(3))

    assert count(engine, SCANS) == 2


def test_only_what_was_lost_is_recorded_again(engine, ledger, run_id):
    rows = [classified(number) for number in range(1200)]
    ledger.record(rows[:700], run_id)

    assert ledger.record_again(rows, run_id) == rows[700:]
    assert ledger.record_again(rows, run_id) == []
    assert ledger.record_again([], run_id) == []

    assert (count(engine, SCANS), count(engine, PREDICTIONS)) == (1200, 1200)


def test_an_empty_batch_is_nothing(engine, ledger, run_id):
    ledger.record([], run_id)

    assert count(engine, SCANS) == 0


def test_a_batch_is_one_transaction(engine, ledger, run_id):
    commits = []
    event.listen(engine, "commit", commits.append)

    ledger.record([classified(number) for number in range(16)], run_id)

    assert len(commits) == 1


def refused():
    return [
        {"decision": None},
        {"probability": float("nan")},
        {"predictions": (prediction(logit=float("nan")),)},
        {"predictions": (prediction(1), prediction(1))},
        {"predictions": (prediction(decision="maybe"),)},
        {"received_at": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"rows": 2**70},
        {"durations": {"decode": float("nan")}},
        {"model_sha256": None},
        {"scan_id": "short"},
    ]


@pytest.mark.parametrize("changed", refused(), ids=lambda changed: next(iter(changed)))
def test_a_row_at_fault_costs_its_batch_and_names_no_patient(engine, ledger, run_id, changed):
    good, bad = classified(1), classified(2, patient_id="CANARY^PATIENT", **changed)

    with pytest.raises(DatabaseRefused) as raised:
        ledger.record([good, bad], run_id)
    ledger.record([good], run_id)

    assert not raised.value.retriable
    assert "CANARY" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert (count(engine, SCANS), count(engine, PREDICTIONS)) == (1, 1)


def test_one_odd_header_among_sixteen_costs_nothing(engine, ledger, run_id):
    """Fault 52."""
    batch = [classified(number) for number in range(16)]
    batch[5] = classified(
        5,
        patient_id="A\0B",
        accession_number="\udcff\udcfe",
        source_name="x\0\udcff",
        modality="D" * 9999,
    )

    ledger.record(batch, run_id)

    found = read_scan(engine, scan_id(5)).scan
    assert count(engine, SCANS) == 16
    assert found["patient_id"] == "A\ufffdB"
    assert found["accession_number"] == "\ufffd\ufffd"
    assert len(found["modality"]) == 256


def test_a_database_that_lost_the_run_is_not_the_scans_fault(engine, ledger, run_id):
    with pytest.raises(DatabaseReplaced, match="start the daemon again") as raised:
        ledger.record([classified(1)], run_id + 1000)

    assert not raised.value.retriable
    assert count(engine, SCANS) == 0


def test_a_database_that_lost_the_model_is_not_the_scans_fault(engine, ledger, run_id):
    with pytest.raises(DatabaseReplaced, match="model"):
        ledger.record([failed(1), classified(2, model_sha256="f" * 64)], run_id)

    assert count(engine, SCANS) == 0


def test_find_returns_what_recovery_needs(ledger, run_id):
    ledger.record([classified(1), failed(2)], run_id)

    assert ledger.find([scan_id(1), scan_id(2), scan_id(3)]) == {
        scan_id(1): Recorded(scan_id(1), "classified", None, "done/2026-11-23/ward/1.dcm", "ward/1.dcm"),
        scan_id(2): Recorded(scan_id(2), "failed", "truncated", "failed/2026-11-23/ward/2.dcm", "ward/2.dcm"),
    }
    assert ledger.find([]) == {}


def test_find_takes_any_number_of_ids(ledger, run_id):
    ledger.record([classified(number) for number in range(1200)], run_id)

    assert len(ledger.find(scan_id(number) for number in range(33_000))) == 1200


def test_stored_tells_which_paths_a_row_names_and_whose_they_are(ledger, run_id):
    rows = [replace(failed(number), stored_path=f"failed/2026-11-23/{number}.dcm") for number in range(3)]
    ledger.record(rows, run_id)

    asked = {"failed/2026-11-23/1.dcm", "failed/2026-11-23/9.dcm", "x" * 9000}
    assert ledger.stored(asked) == {"failed/2026-11-23/1.dcm": scan_id(1)}
    assert ledger.stored([]) == {}


def test_a_batch_learns_the_first_classified_scan_of_the_same_bytes(ledger, run_id):
    same = digest(1)
    both = (prediction(1), prediction(2, decision="not_fractured", distance=None))
    ledger.record(
        [
            failed(1, sha256=same),
            classified(2, sha256=same, frames=2, predictions=both),
            classified(3, sha256=same, decision="uncertain"),
            failed(4),
        ],
        run_id,
    )

    assert ledger.ask(Question(sha256s=frozenset({same, digest(4), digest(5)}))).earlier == {
        same: Earlier(
            scan_id=scan_id(2),
            model_sha256=MODEL.sha256,
            pipeline_version="1",
            decision="fractured",
            probability=0.625,
            score=0.75,
            frames=2,
            predictions=both,
        )
    }


def test_a_batch_learns_with_which_bytes_an_instance_was_classified(ledger, run_id):
    ledger.record(
        [
            classified(1, sop_instance_uid="1.2", sha256=digest(1)),
            failed(2, sop_instance_uid="1.3", sha256=digest(2)),
            failed(3, sop_instance_uid="1.4", sha256=None),
        ],
        run_id,
    )
    known = ledger.ask(Question(sop_instance_uids=frozenset({"1.2", "1.3", "1.4", "1.5", "\0"})))

    assert known.contents == {"1.2": {digest(1)}}
    assert ledger.ask(Question(sop_instance_uids=frozenset({"1.2\0"}))).has_other_bytes("1.2\0", digest(9))


def test_a_batch_learns_which_places_rows_name(ledger, run_id):
    ledger.record([replace(failed(1), stored_path="failed/2026-11-23/1.dcm")], run_id)

    asked = frozenset({"failed/2026-11-23/1.dcm", "failed/2026-11-23/9.dcm"})
    assert ledger.ask(Question(stored_paths=asked)).stored_paths == {"failed/2026-11-23/1.dcm"}


def test_a_batch_asks_in_one_transaction(engine, ledger):
    begun = []
    event.listen(engine, "begin", begun.append)

    ledger.ask(Question(frozenset({digest(1)}), frozenset({"1.2"}), frozenset({"done/a"})))
    ledger.ask(Question())

    assert len(begun) == 1


def test_questions_wait_for_no_writer(migrated_file, tmp_path):
    """Break it: let those of `for_questions` begin with BEGIN IMMEDIATE; they fail after the busy timeout."""
    path = tmp_path / "results.db"
    shutil.copy(migrated_file, path)
    engine = open_engine(sqlite_url(path))
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    ledger.record([classified(1)], ledger.begin_run(RUN))
    with engine.begin() as writer:
        writer.execute(update(SCANS).values(outcome="classified"))

        known = ledger.ask(Question(frozenset({digest(1)}), frozenset({"1.2"}), frozenset({"done/a"})))
        assert ledger.find([scan_id(1)]).keys() == {scan_id(1)}
        assert ledger.stored(["done/a"]) == {}

        assert writer.in_transaction()
        assert known.earlier.keys() == {digest(1)}
    engine.dispose()


def test_threads_record_the_same_scans_once(engine, ledger, run_id):
    together = threading.Barrier(4)

    def write(_):
        together.wait(scaled(30))
        for start in range(0, 64, 16):
            ledger.record([classified(number) for number in range(start, start + 16)], run_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    assert (count(engine, SCANS), count(engine, PREDICTIONS)) == (64, 64)


def test_a_refused_batch_leaves_the_engine_usable(engine, ledger, run_id):
    for number in range(20):
        with pytest.raises(DatabaseRefused):
            ledger.record([classified(number, decision="maybe")], run_id)

    Ledger(engine).record([classified(1)], run_id)
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_word_that_sql_would_read_is_only_a_text(engine, ledger, run_id):
    nasty = "Robert'); DROP TABLE scans;-- %s :x ?"
    ledger.record([classified(1, patient_id=nasty)], run_id)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT patient_id FROM results")) == nasty


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_sqlite_file_that_is_gone_takes_no_rows_in_silence(migrated_file, tmp_path, how):
    """SQLite writes on to a file without a name, and says that all is well."""
    path = tmp_path / "results.db"
    shutil.copy(migrated_file, path)
    engine = open_engine(sqlite_url(path))
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run_id = ledger.begin_run(RUN)
    ledger.record([classified(1)], run_id)
    path.rename(tmp_path / "aside")
    if how == "replaced":
        shutil.copy(migrated_file, path)
    with pytest.raises(DatabaseReplaced, match="removed or replaced"):
        ledger.record([classified(2)], run_id)
    with pytest.raises(DatabaseReplaced):
        ledger.find(["x"])
    engine.dispose()


def test_a_sqlite_file_that_goes_while_rows_are_written_is_noticed_too(migrated_file, tmp_path):
    path = tmp_path / "results.db"
    shutil.copy(migrated_file, path)
    engine = open_engine(sqlite_url(path))
    ledger = Ledger(engine)
    run_id = ledger.begin_run(RUN)

    def take_away(_connection, _cursor, statement, *_):
        if "INSERT INTO scans" in statement:
            path.rename(tmp_path / "aside")

    event.listen(engine, "before_cursor_execute", take_away)
    with pytest.raises(DatabaseReplaced):
        ledger.record([failed(1)], run_id)
    engine.dispose()
