"""An SQLite database at head without a row, made once a process of tests: to copy it costs less."""

import functools
import shutil
import tempfile
from pathlib import Path

from daemon.settings.migration_scripts import script_location
from storage.engine import Engine, open_engine
from storage.upgrade import upgrade
from storage.urls import sqlite_url


def open_at_head(path: Path) -> Engine:
    """Open a database at head; where there is none yet, it is one without a row."""
    if not path.exists():
        shutil.copy(_made_once(), path)  # with its rights
    return open_engine(sqlite_url(path))


@functools.cache
def _made_once() -> Path:
    path = Path(tempfile.mkdtemp(prefix="at-head-")) / "results.db"
    engine = open_engine(sqlite_url(path))
    upgrade(engine, script_location())
    engine.dispose()
    return path
