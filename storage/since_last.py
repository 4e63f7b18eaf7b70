"""Exports of what is new: each holds the rows that were recorded since the one before it, to the same file.

What was exported is noted in a file beside the target, not in the database: a reader needs no right to write
there, and a target that is copied or moved away says nothing about another. The target and its note are two
files, and no system call replaces both. So the new table is made whole under a name of its own, the note says
what is about to happen, and the table gets its place by one rename. After a kill, the table that is still
under its own name, or is not, says which of both notes is true.

References
----------
rename(2), flock(2).
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from storage.batches import new_batches
from storage.durable.replace import Synced, replace_file, replacing
from storage.durable.sync import sync_folder
from storage.errors import CannotCreateExport
from storage.export import mode_of, write_errors
from storage.recorded_since import BEGINNING, Mark, as_plain, from_plain, new_rows, still_holds
from storage.results_view import RESULTS
from storage.tables.csv import write_csv
from storage.tables.formats import Writer

_NOTE: Final = ".since-last.json"
_NEW: Final = ".since-last.new"


def export_since_last(engine: Engine, target: Path, *, write: Writer = write_csv) -> int:
    """Write the rows that were recorded since the last export of this kind to a file; the first has all.

    Parameters
    ----------
    engine : Engine
        May be read-only.
    target : Path
        Replaced as a whole; beside it lies a hidden note of what it had.
    write : callable
        As of `storage.export.export_results`.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    CannotCreateExport
        The target is no file, another such export of this folder is under way, the note is none of ours, or
        the database is not the one that was exported last.
    CannotWriteExport
        The disk refused; nothing was replaced.
    """
    target = target.resolve()
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise CannotCreateExport(f"{target} is no file: what was exported last cannot be noted beside it")
    with _alone_in(target.parent), write_errors():
        mark = _settled(target)
        if not still_holds(engine, mark):
            raise CannotCreateExport(
                f"the last row that was exported to {target} is not where it was: this is another database, "
                "or it was restored from a backup. To have all rows exported again, remove "
                f"{_beside(target, _NOTE)}"
            )
        new = new_rows(engine, mark)
        made = _beside(target, _NEW)
        with (
            closing(new_batches(engine, new)) as batches,
            replacing(made, Synced.CONTENT_AND_NAME, mode=mode_of(target), writer="export") as stream,
        ):
            count = write(batches, stream, RESULTS)
        _write_note(target, mark, next_mark=new.mark)
        os.replace(made, target)  # noqa: PTH105 -- the call that tests let fail
        with suppress(OSError):  # the note holds already that the target was replaced, as after a kill
            sync_folder(target.parent)
            _write_note(target, new.mark)
    return count


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder, which dies with its process."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise CannotCreateExport(
            f"nothing can be made in {folder}: {error.strerror}; check the folder and the rights on it"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CannotCreateExport(
            f"another export of what is new is under way in {folder}: try again when it has ended"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _settled(target: Path) -> Mark:
    """Return up to where the target had the rows, after an export that was killed too."""
    note = _read_note(target)
    if note is None:
        return BEGINNING
    before, after = note
    if after is None:
        return before
    was_replaced = not _beside(target, _NEW).exists()
    mark = after if was_replaced else before
    _write_note(target, mark)
    return mark


def _read_note(target: Path) -> tuple[Mark, Mark | None] | None:
    path = _beside(target, _NOTE)
    try:
        noted = json.loads(path.read_text())
        after = noted.get("next")
        return from_plain(noted["exported"]), None if after is None else from_plain(after)
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise CannotCreateExport(
            f"{path} is not what an export notes: remove it to have all rows exported again"
        ) from None


def _write_note(target: Path, mark: Mark, next_mark: Mark | None = None) -> None:
    noted = {"exported": as_plain(mark)} | ({} if next_mark is None else {"next": as_plain(next_mark)})
    replace_file(
        _beside(target, _NOTE),
        json.dumps(noted).encode(),
        Synced.CONTENT_AND_NAME,
        mode=0o600,
        writer="export",
    )


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f".{target.name}{ending}")
