"""What the ledger's writes are made of; the ledger as a whole is in `test_ledger`."""

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import OperationalError

from storage.errors import DatabaseReplaced, ModelVersionTaken
from storage.rows import model_row
from storage.schema import MODELS, SCANS
from storage.writes import insert_unless_there, model_ids, one_at_a_time, refuse_taken, write
from tests.support.records import MODEL, classified, failed


def test_a_row_that_is_there_is_not_written_and_not_returned(engine, run_id):
    with engine.begin() as connection:
        statement = insert_unless_there(connection, MODELS, "sha256").returning(MODELS.c.id)
        assert connection.execute(statement, [model_row(MODEL)]).all() == []
        assert connection.scalar(select(func.count()).select_from(MODELS)) == 1


def test_a_model_is_found_by_its_sha256_and_an_unknown_one_is_an_error(engine, run_id):
    with engine.begin() as connection:
        assert model_ids(connection, [failed(1)]) == {}
        assert list(model_ids(connection, [classified(1), failed(2)])) == [MODEL.sha256]
        with pytest.raises(DatabaseReplaced):
            model_ids(connection, [classified(1, model_sha256="f" * 64)])


def test_a_name_and_version_that_are_taken_are_refused(engine, run_id):
    with engine.begin() as connection:
        refuse_taken(connection, MODEL.name, "another")
        with pytest.raises(ModelVersionTaken):
            refuse_taken(connection, MODEL.name, MODEL.version)


def test_scans_are_written_with_the_predictions_of_those_that_had_no_row(engine, run_id):
    with engine.begin() as connection:
        write(connection, [classified(1)], run_id)
        write(connection, [classified(1), failed(2)], run_id)
        assert connection.scalar(select(func.count()).select_from(SCANS)) == 2


def test_who_writes_a_table_alone_keeps_others_out(engine, database_url, opened):
    """Break it: let `one_at_a_time` do nothing; on PostgreSQL another writes at the same time."""
    other = opened(database_url, busy_timeout_s=0.05)

    def write():
        with other.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            connection.execute(insert(MODELS), model_row(MODEL))

    with engine.begin() as connection:
        one_at_a_time(connection, MODELS)
        with pytest.raises(OperationalError):
            write()
    write()
