"""Every row of one results database into another that is empty, from SQLite to PostgreSQL or back.

All or nothing: one transaction at the target, committed once both sides were read and have the same digests.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, func, insert, select, text

from storage.errors import CopyDiffers, TargetNotEmpty
from storage.revision import check
from storage.schema import METADATA
from storage.times import format_utc
from storage.translate import translated_errors
from storage.upgrade import bring_to_head

_ROWS_AT_ONCE: Final = 1000

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """One table, which is the same on both sides.

    Parameters
    ----------
    table : str
    rows : int
    sha256 : str
        Over all its rows in the order of their keys, hexadecimal.
    """

    table: str
    rows: int
    sha256: str


def copy_database(
    source: Engine, target: Engine, script_location: Path, progress: Progress = lambda _table, _rows: None
) -> list[Copied]:
    """Copy all rows with their numbers.

    Parameters
    ----------
    source : Engine
        At head; nothing should write to it meanwhile, for later rows are not copied.
    target : Engine
        Empty, or with tables of the same revision that are.
    script_location : Path
        Where the revisions lie.
    progress : callable
        Called with a table and how many of its rows are copied.

    Returns
    -------
    list of Copied
        A table each, those that others point to first.

    Raises
    ------
    SchemaNotAtHead
        One of the two is not of this version.
    TargetNotEmpty
        The target holds rows; none was touched.
    CopyDiffers
        What was read back is not what was copied; nothing was kept.
    DatabaseUnavailable, DatabaseRefused
        Nothing was kept.
    """
    check(source, script_location)
    bring_to_head(target, script_location)
    with (
        translated_errors("copying the database"),
        snapshot_of(source) as reading,
        target.begin() as writing,
    ):
        refuse_rows(writing)
        copied = [copy_table(reading, writing, table, progress) for table in tables()]
        for one, table in zip(copied, tables(), strict=True):
            if digest(writing, table) != one:
                raise CopyDiffers(
                    f"the table {one.table} is not the same after copying {one.rows} rows, so nothing was "
                    "kept; look for a trigger or a rule at the target"
                )
        continue_numbers(writing)
    return copied


def tables() -> list[Table]:
    """Return all tables, those that others refer to first.

    Returns
    -------
    list of Table
    """
    return list(METADATA.sorted_tables)


def snapshot_of(engine: Engine) -> Connection:
    """Open a connection on which everything is read as of one moment.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    Connection
        PostgreSQL: REPEATABLE READ; SQLite: the moment of its first BEGIN.
    """
    connection = engine.connect()
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection  # its first BEGIN is that moment


def refuse_rows(connection: Connection) -> None:
    """Refuse a target that holds rows, and keep other writers out until the transaction ends.

    Parameters
    ----------
    connection : Connection
        To the target, in its transaction.

    Raises
    ------
    TargetNotEmpty
        It holds rows.
    """
    for table in tables():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))
        if connection.scalar(select(func.count()).select_from(table)):
            raise TargetNotEmpty(
                f"the database to copy to has rows in {table.name} already, and rows of two are never mixed: "
                "name an empty one"
            )


def copy_table(reading: Connection, writing: Connection, table: Table, progress: Progress) -> Copied:
    """Copy the rows of one table, in the order of their keys.

    Parameters
    ----------
    reading, writing : Connection
    table : Table
    progress : callable
        Called with the table's name and the number of rows copied so far.

    Returns
    -------
    Copied
        With the digest of what was read.
    """
    summed, count = hashlib.sha256(), 0
    for rows in chunks(reading, table):
        writing.execute(insert(table), rows)
        for row in rows:
            summed.update(canonical(row))
        count += len(rows)
        progress(table.name, count)
    return Copied(table.name, count, summed.hexdigest())


def digest(connection: Connection, table: Table) -> Copied:
    """Sum up the rows of one table, in the order of their keys.

    Parameters
    ----------
    connection : Connection
    table : Table

    Returns
    -------
    Copied
    """
    summed, count = hashlib.sha256(), 0
    for rows in chunks(connection, table):
        for row in rows:
            summed.update(canonical(row))
        count += len(rows)
    return Copied(table.name, count, summed.hexdigest())


def chunks(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table, some at a time, in the order of their keys.

    Parameters
    ----------
    connection : Connection
    table : Table

    Yields
    ------
    list of dict
        Column and value of up to 1,000 rows.
    """
    statement = select(table).order_by(*table.primary_key.columns)
    options = {"stream_results": True, "yield_per": _ROWS_AT_ONCE}
    with connection.execute(statement, execution_options=options) as found:
        for rows in found.partitions():
            yield [row._asdict() for row in rows]


def canonical(row: dict[str, Any]) -> bytes:
    """Write a row so that equal rows are equal bytes, whichever database they come from.

    Parameters
    ----------
    row : dict
        Column and value.

    Returns
    -------
    bytes
        One line of JSON, keys sorted.
    """
    return json.dumps(row, default=as_text, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def as_text(value: Any) -> str:
    """Write a value for which JSON has no type.

    Parameters
    ----------
    value : datetime or bytes

    Returns
    -------
    str
        Times in UTC, bytes in hexadecimal.
    """
    if isinstance(value, datetime):
        return format_utc(value)
    return bytes(value).hex()


def continue_numbers(connection: Connection) -> None:
    """Let the next row get the number after the highest; SQLite does so itself.

    Parameters
    ----------
    connection : Connection
        To the target, in its transaction.

    References
    ----------
    https://www.postgresql.org/docs/current/functions-sequence.html
    """
    if connection.dialect.name != "postgresql":
        return
    for table in tables():
        (key,) = table.primary_key.columns
        highest = connection.scalar(select(func.max(key)))
        if highest is not None:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :key), :highest)"),
                {"table": table.name, "key": key.name, "highest": highest},
            )
