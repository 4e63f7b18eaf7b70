"""Commands of inboxray on the spool of a rehearsal, with its settings and none of the user's."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def start(
    words: Sequence[str], spool: Path, settings: Mapping[str, str], **streams: Any
) -> subprocess.Popen[bytes]:
    """Start a command.

    Parameters
    ----------
    words : sequence of str
        Such as ``["once"]``.
    spool : Path
    settings : mapping of str to str
        By name; all others are what they are by default.
    **streams
        As of `subprocess.Popen`.

    Returns
    -------
    Popen
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INBOXRAY_")}
    chosen = {"spool": str(spool), "log_format": "json", **settings}
    own = {f"INBOXRAY_{name.upper()}": value for name, value in chosen.items()}
    command = [sys.executable, "-m", "daemon", *words]
    return subprocess.Popen(command, env=kept | own, **streams)  # noqa: S603 -- our own words


def run(words: Sequence[str], spool: Path, settings: Mapping[str, str], log: Path) -> int:
    """Run a command to its end.

    Parameters
    ----------
    words : sequence of str
    spool : Path
    settings : mapping of str to str
    log : Path
        Gets what it prints.

    Returns
    -------
    int
        Its exit code.
    """
    with log.open("wb") as stream:
        return start(words, spool, settings, stdout=stream, stderr=stream).wait()


def answers(spool: Path) -> list[dict[str, Any]]:
    """Read the rows of a spool.

    Parameters
    ----------
    spool : Path
        Of which a daemon has answered something, or nothing yet.

    Returns
    -------
    list of dict
        Of the view `results`.
    """
    from storage.engine import open_engine
    from storage.queries import results
    from storage.urls import sqlite_url

    database = spool / "results.db"
    if not database.exists():
        return []
    engine = open_engine(sqlite_url(database), readonly=True)
    try:
        return [dict(row) for row in results(engine)]
    finally:
        engine.dispose()
