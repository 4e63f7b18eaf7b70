"""Maintenance of an SQLite database, while a daemon writes.

References
----------
https://sqlite.org/lang_analyze.html
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from storage.errors import DatabaseUnavailable
from storage.sqlite import connect_sqlite

_ANALYSIS_ROWS: Final = 400  # of each index: enough for the planner, and done in a moment


def optimize(path: Path) -> None:
    """Let SQLite renew the statistics that its query planner reads.

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
        code = getattr(error, "sqlite_errorname", type(error).__name__)
        raise DatabaseUnavailable(f"the SQLite database at {path} cannot be written: {code}") from None
