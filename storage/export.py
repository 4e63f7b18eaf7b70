"""The results as a file, replaced as a whole."""

import stat
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from sqlalchemy import Engine, Table

from storage.batches import Batch, result_batches, review_batches
from storage.durable.replace import Synced, remove_leftovers, replacing
from storage.errors import CannotCreateExport, CannotWriteExport
from storage.filters import Filters
from storage.results_view import RESULTS
from storage.reviews import REVIEWS
from storage.tables.csv import write_csv
from storage.tables.formats import Writer


def export_results(
    engine: Engine,
    destination: Path | BinaryIO | Literal["-"],
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    mode: int | None = None,
    write: Writer = write_csv,
) -> int:
    """Write the view `results` as a table, in the order of recording.

    Parameters
    ----------
    engine : Engine
        May be read-only.
    destination : Path, binary stream or "-"
        A file is replaced atomically: readers see the old one or the new one, never a part. A
        stream, "-" (standard output), and a path that is a pipe or a device are written as rows come.
    since, until : datetime, optional
        Aware; half-open on finished_at.
    mode : int, optional
        Permissions of the file, whatever the umask: 0o640 for a folder that a group reads. By default those
        of the file that is replaced; a new one is for its owner alone.
    write : callable
        Writes the rows to the stream and returns their number; see `storage.tables.formats`.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    CannotCreateExport, CannotWriteExport
        If the file cannot be made, or written to its end.
    BrokenPipeError
        If the reader of a pipe has gone: that is the caller's to judge.
    """
    batches = result_batches(engine, Filters(since=since, until=until))
    return _export(batches, RESULTS, destination, mode, write)


def export_reviews(
    engine: Engine,
    destination: Path | BinaryIO | Literal["-"],
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    write: Writer = write_csv,
) -> int:
    """Write all reviews as a table of their own, in the order in which they came.

    Parameters
    ----------
    engine : Engine
    destination : Path, binary stream or "-"
        As of `export_results`.
    since, until : datetime, optional
        Aware; half-open on reviewed_at.
    write : callable
        As of `export_results`.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    CannotCreateExport, CannotWriteExport, BrokenPipeError
        As `export_results`.
    """
    return _export(review_batches(engine, since, until), REVIEWS, destination, None, write)


def _export(
    batches: Generator[Batch, None, None],
    table: Table,
    destination: Path | BinaryIO | Literal["-"],
    mode: int | None,
    write: Writer,
) -> int:
    if destination == "-":
        destination = sys.stdout.buffer
    with closing(batches), write_errors(), opened(destination, mode) as stream:
        return write(batches, stream, table)


@contextmanager
def write_errors() -> Iterator[None]:
    """Let out errors of writing as storage's own.

    Yields
    ------
    None

    Raises
    ------
    CannotWriteExport
        The disk refused.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWriteExport(
            f"the export could not be written: {error.strerror}; nothing was replaced"
        ) from error


@contextmanager
def opened(destination: Path | BinaryIO, mode: int | None) -> Iterator[BinaryIO]:
    """Open what is to be written; flushed at the end.

    Parameters
    ----------
    destination : Path or BinaryIO
    mode : int or None

    Yields
    ------
    BinaryIO
    """
    if not isinstance(destination, Path):
        yield destination
        destination.flush()
        return
    target = destination.resolve()  # a link keeps pointing to the file that is replaced
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with open_directly(target) as stream:
            yield stream
        return
    with replaced_file(target, mode) as stream:
        yield stream


def open_directly(target: Path) -> BinaryIO:
    """Open a pipe or a device: to replace /dev/stdout by a file would be a bad joke.

    Parameters
    ----------
    target : Path

    Returns
    -------
    BinaryIO

    Raises
    ------
    CannotCreateExport
        It cannot be opened.
    """
    try:
        return target.open("wb")
    except OSError as error:
        raise CannotCreateExport(f"{target} cannot be written: {error.strerror}; name a file") from error


@contextmanager
def replaced_file(target: Path, mode: int | None) -> Iterator[BinaryIO]:
    """Yield a new file beside the target, which takes its place when all is written and on disk.

    Parameters
    ----------
    target : Path
        What exports of the same file left that were killed goes first.
    mode : int or None
        Permissions; None: see `mode_of`.

    Yields
    ------
    BinaryIO

    Raises
    ------
    CannotCreateExport
        The new file cannot be made.
    """
    remove_leftovers(target)
    permissions = mode if mode is not None else mode_of(target)
    with ExitStack() as made:
        try:
            stream = made.enter_context(replacing(target, Synced.CONTENT_AND_NAME, mode=permissions))
        except OSError as error:
            raise CannotCreateExport(
                f"{target} cannot be made: {error.strerror}; check its folder and the rights on it"
            ) from error
        yield stream


def mode_of(target: Path) -> int:
    """Return the permissions of a file; where there is none, those of one that holds patients' data.

    Parameters
    ----------
    target : Path

    Returns
    -------
    int
    """
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return 0o600
