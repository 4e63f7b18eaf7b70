"""A copy of an SQLite database that others can open, and its upkeep; both while a daemon writes.

A database with a write-ahead log cannot be read by who may not write beside it, so the copy has none.

References
----------
https://sqlite.org/backup.html, https://sqlite.org/lang_analyze.html
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from storage.engine import connect_sqlite
from storage.errors import DatabaseUnavailable

_ANALYSIS_ROWS: Final = 400  # of each index: enough for the planner, and done in a moment


def snapshot(source: Path, target: Path, *, mode: int = 0o600) -> int:
    """Copy an SQLite database as it is at one moment; the target is replaced in one step.

    Parameters
    ----------
    source, target : Path
    mode : int
        Of the copy.

    Returns
    -------
    int
        Size of the copy, bytes.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read; the old copy stands.
    OSError
        The copy cannot be written; the old one stands.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        # Made here, because SQLite would ask the umask who may read patients' data.
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        _copy(source, beside)
        beside.chmod(mode)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(target)
        _sync(target.parent)
    except sqlite3.Error as error:
        raise DatabaseUnavailable(
            f"the SQLite database at {source} cannot be copied to {target}: {type(error).__name__} "
            f"({_name(error)}); check both disks, and `inboxray db check`"
        ) from None
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    with closing(connect_sqlite(source, readonly=True)) as reader, closing(sqlite3.connect(target)) as writer:
        reader.backup(writer)  # in one step: a writer in between would start it anew
        writer.execute("PRAGMA journal_mode = DELETE")
        (found,) = writer.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise DatabaseUnavailable(
            f"the SQLite database at {source} is damaged: its copy fails SQLite's own check; the last copy "
            "stands. Stop the daemon, and restore a backup"
        )


def optimize(path: Path) -> None:
    """Let SQLite look after the statistics that its planner reads.

    Parameters
    ----------
    path : Path

    Raises
    ------
    DatabaseUnavailable
        The database cannot be written now.
    """
    try:
        with closing(connect_sqlite(path, readonly=False)) as connection:
            connection.execute(f"PRAGMA analysis_limit = {_ANALYSIS_ROWS}")
            # Before 3.46 the pragma looks only at tables that this very connection has asked.
            knows = sqlite3.sqlite_version_info >= (3, 46)
            connection.execute("PRAGMA optimize = 0x10002" if knows else "ANALYZE")
    except sqlite3.Error as error:
        raise DatabaseUnavailable(
            f"the SQLite database at {path} cannot be written: {type(error).__name__} ({_name(error)})"
        ) from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "no code")
