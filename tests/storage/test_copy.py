"""Copies between real databases, both ways."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from storage.copy import copy_database
from storage.engine import open_engine
from storage.errors import CopyDiffers, SchemaNotAtHead, TargetNotEmpty
from storage.ledger import Ledger
from storage.queries import results
from storage.reviews import add_review
from storage.upgrade import upgrade
from storage.urls import sqlite_url
from tests.support.first_release import fill
from tests.support.records import MODEL, NOON, RUN, classified, failed, prediction

SCANS = [
    classified(1, predictions=(prediction(1), prediction(2)), frames=2, warnings=("a", "ü")),
    failed(2),
    classified(3, patient_id="Ünï'\"\\", picture={"brightness": 0.1 + 0.2}, device="f" * 12),
    classified(4, is_canary=True, probability=1 / 3, predictions=(prediction(heat_map=None),)),
]


@pytest.fixture
def other(request, tmp_path, database_url):
    """An empty database of the other kind."""
    if database_url.startswith("sqlite"):
        server = request.getfixturevalue("postgres_server")
        url = server.create_database()
        engine = open_engine(url)
        yield engine
        engine.dispose()
        server.drop_database(url)
    else:
        engine = open_engine(sqlite_url(tmp_path / "other.db"))
        yield engine
        engine.dispose()


@pytest.fixture
def filled(engine):
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run_id = ledger.begin_run(RUN)
    ledger.record(SCANS, run_id)
    add_review(engine, SCANS[0].scan_id, "disagree", "anna", "ü")
    ledger.end_run(run_id, NOON)
    return engine


@pytest.mark.postgres
def test_every_row_is_there_and_the_next_one_gets_the_next_number(filled, other, migrations):
    reported = []
    copied = copy_database(filled, other, migrations, lambda table, rows: reported.append((table, rows)))

    assert {one.table: one.rows for one in copied} == {
        "runs": 1,
        "models": 1,
        "scans": len(SCANS),
        "predictions": sum(len(scan.predictions) for scan in SCANS),
        "reviews": 1,
    }
    assert ("scans", len(SCANS)) in reported
    assert list(results(other)) == list(results(filled))
    ledger = Ledger(other)
    assert ledger.register_model(MODEL) == Ledger(filled).register_model(MODEL)
    ledger.register_model(replace(MODEL, sha256="e" * 64, version="2"))
    ledger.record([classified(9)], ledger.begin_run(RUN))
    highest = []
    for engine in (filled, other):
        with engine.connect() as connection:
            highest.append(connection.scalar(text("SELECT max(seq) FROM scans")))
    assert highest[1] == highest[0] + 1


@pytest.mark.postgres
def test_there_and_back_is_the_same(filled, other, migrations, tmp_path):
    there = copy_database(filled, other, migrations)
    back = open_engine(sqlite_url(tmp_path / "back.db"))
    assert copy_database(other, back, migrations) == there
    back.dispose()


@pytest.mark.postgres
def test_a_target_with_rows_is_refused_and_left_alone(filled, other, migrations):
    upgrade(other, migrations)
    Ledger(other).begin_run(RUN)

    with pytest.raises(TargetNotEmpty, match="runs") as raised:
        copy_database(filled, other, migrations)

    assert raised.value.exit_code == 73
    with other.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM scans")) == 0


@pytest.mark.postgres
def test_a_copy_that_differs_is_not_kept(filled, other, migrations):
    upgrade(other, migrations)
    with other.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN NEW.source_name := ''other''; RETURN NEW; END'"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER spoil BEFORE INSERT ON scans FOR EACH ROW EXECUTE FUNCTION spoil()"
            )
        else:
            connection.exec_driver_sql(
                "CREATE TRIGGER spoil AFTER INSERT ON scans BEGIN"
                " UPDATE scans SET source_name = 'other' WHERE seq = NEW.seq; END"
            )

    with pytest.raises(CopyDiffers, match="scans"):
        copy_database(filled, other, migrations)

    with other.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM runs")) == 0


def test_an_older_source_is_refused(tmp_path, migrations):
    old, new = (open_engine(sqlite_url(tmp_path / name)) for name in ("old.db", "new.db"))
    fill(old, 3)
    with pytest.raises(SchemaNotAtHead, match="db upgrade"):
        copy_database(old, new, migrations)
    for engine in (old, new):
        engine.dispose()
