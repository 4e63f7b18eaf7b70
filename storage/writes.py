"""The statements that write to the ledger: each row once, however often it is written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select, text

from storage.errors import DatabaseReplaced, ModelVersionTaken
from storage.records import ScanRecord
from storage.rows import prediction_row, scan_row
from storage.schema import MODELS, PREDICTIONS, SCANS
from storage.sqlite import check_in_place, count_transaction
from storage.translate import translated_errors


@contextmanager
def writing(engine: Engine, doing: str) -> Iterator[Connection]:
    """Give a transaction that writes; on SQLite it is counted, and in place when it is over.

    Parameters
    ----------
    engine : Engine
    doing : str
        What is being done, for a message.

    Yields
    ------
    Connection

    Raises
    ------
    DatabaseUnavailable, DatabaseRefused, DatabaseReplaced
        Nothing was written.
    """
    with translated_errors(doing), engine.connect() as connection:
        with connection.begin():
            count_transaction(connection)
            yield connection
        check_in_place(connection)  # else what was written is in a file that is never opened again


def write(connection: Connection, batch: Sequence[ScanRecord], run_id: int) -> None:
    """Write scans, each with another id, and the predictions of those that had no row.

    Parameters
    ----------
    connection : Connection
    batch : sequence of ScanRecord
    run_id : int
    """
    first = {scan.scan_id: scan for scan in batch}
    models = model_ids(connection, batch)
    statement = insert_unless_there(connection, SCANS, "scan_id").returning(SCANS.c.seq, SCANS.c.scan_id)
    rows = [scan_row(scan, run_id, models.get(scan.model_sha256)) for scan in batch]
    written = connection.execute(statement, rows).all()
    predictions = [
        prediction_row(prediction, seq, models.get(first[scan_id].model_sha256))
        for seq, scan_id in written
        for prediction in first[scan_id].predictions
    ]
    if predictions:
        connection.execute(insert(PREDICTIONS), predictions)


def one_at_a_time(connection: Connection, table: Table) -> None:
    """Let no other transaction write a table until this one ends; on SQLite each that writes is alone.

    Parameters
    ----------
    connection : Connection
    table : Table
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))


def refuse_taken(connection: Connection, name: str, version: str) -> None:
    """Refuse the name and version of a model that has its row.

    Parameters
    ----------
    connection : Connection
    name, version : str

    Raises
    ------
    ModelVersionTaken
        There is one.
    """
    taken = connection.scalar(
        select(MODELS.c.sha256).where(MODELS.c.name == name, MODELS.c.version == version).limit(1)
    )
    if taken is not None:
        raise ModelVersionTaken(
            f"the database knows another model as {name}@{version} (sha256 {taken[:12]}), and results could "
            "not distinguish the two: give this release another version (`inboxray model train --version`), "
            "or set `model` to the release that was used before"
        )


def insert_unless_there(connection: Connection, table: Table, unique: str) -> Any:
    """Return an INSERT that does nothing for a row whose unique column has its value already.

    Parameters
    ----------
    connection : Connection
    table : Table
    unique : str

    Returns
    -------
    object
    """
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_into
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_into  # type: ignore[assignment]
    return insert_into(table).on_conflict_do_nothing(index_elements=[unique])


def model_ids(connection: Connection, scans: Sequence[ScanRecord]) -> dict[str | None, int]:
    """Return the ids of the models that the scans name, by sha256.

    Parameters
    ----------
    connection : Connection
    scans : sequence of ScanRecord

    Returns
    -------
    dict of (str or None) to int

    Raises
    ------
    DatabaseReplaced
        If one is not registered.
    """
    asked = {scan.model_sha256 for scan in scans if scan.model_sha256 is not None}
    if not asked:
        return {}
    rows = connection.execute(select(MODELS.c.sha256, MODELS.c.id).where(MODELS.c.sha256.in_(asked)))
    found: dict[str | None, int] = {row.sha256: row.id for row in rows}
    if asked - found.keys():
        raise DatabaseReplaced(
            "the database does not know the model that classified these scans; it was replaced or restored "
            "meanwhile: start the daemon again, then compare rows with files: inboxray db check"
        )
    return found
