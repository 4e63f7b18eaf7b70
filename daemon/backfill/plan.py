"""The order in which files are answered: a file on disk, sorted there, so that memory stays what it is.

A record a file, of bytes with a NUL behind: ``<old scan id> TAB <name for the row> TAB <path>``. The place of
a record in the plan is what the journal remembers.
"""

import heapq
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final, Literal

from daemon.backfill.original import Entry
from storage.durable.replace import Synced, replacing

Order = Literal["names", "newest", "oldest", "as_given"]

_A_RUN: Final = 50_000
"""Records that are sorted in memory at once, about 20 MB."""
_MOST_OPEN: Final = 200
_KEY_DIGITS: Final = 20
_FAR: Final = 1 << 63


def write_plan(plan: Path, found: Iterable[tuple[Entry, int]], order: Order, pace: Callable[[], None]) -> int:
    """Write the entries of a plan in their order; the plan is whole or not there.

    Parameters
    ----------
    plan : Path
    found : iterable of (Entry, int)
        Each with the time of its file's last change, ns.
    order : {"names", "newest", "oldest", "as_given"}
    pace : callable
        Called for each; may raise to end it.

    Returns
    -------
    int
        Entries.

    Raises
    ------
    OSError
        The disk takes no plan.
    """
    count = 0
    with (
        TemporaryDirectory(prefix="plan-", dir=plan.parent) as folder,
        replacing(plan, Synced.CONTENT_AND_NAME, mode=0o600) as out,
    ):
        runs: list[Path] = []
        chunk: list[bytes] = []
        for entry, mtime_ns in found:
            pace()
            count += 1
            record = _record(entry)
            if order == "as_given":
                out.write(record + b"\0")
                continue
            chunk.append(_key(order, mtime_ns) + record)
            if len(chunk) >= _A_RUN:
                runs.append(_write_run(Path(folder), len(runs), sorted(chunk)))
                chunk = []
                if len(runs) % _MOST_OPEN == 0:
                    runs = [_merged(Path(folder), runs)]
        chunk.sort()
        for record in heapq.merge(chunk, *_opened(runs)):
            out.write(record[_key_bytes(order) :] + b"\0")
    return count


def read_plan(plan: BinaryIO, at: int) -> Iterator[tuple[Entry, int]]:
    """Yield entries from a place on, each with the place behind it.

    Parameters
    ----------
    plan : binary file
    at : int
        Bytes.

    Yields
    ------
    tuple of (Entry, int)
    """
    plan.seek(at)
    rest = b""
    while block := plan.read(1 << 16):
        *records, rest = (rest + block).split(b"\0")
        for record in records:
            at += len(record) + 1
            old, source, path = record.split(b"\t", 2)
            yield Entry(path, _plain(source), old.decode() or None), at


def _record(entry: Entry) -> bytes:
    source = entry.source.replace(b"%", b"%25").replace(b"\t", b"%09")
    return b"\t".join(((entry.requeued_from or "").encode(), source, entry.path))


def _plain(source: bytes) -> bytes:
    return source.replace(b"%09", b"\t").replace(b"%25", b"%")


def _key(order: Order, mtime_ns: int) -> bytes:
    """Return bytes that sort as the order wants; times before 1970 are negative."""
    if order == "names":
        return b""
    number = _FAR - mtime_ns if order == "newest" else _FAR + mtime_ns
    return b"%0*d" % (_KEY_DIGITS, number)


def _key_bytes(order: Order) -> int:
    return 0 if order == "names" else _KEY_DIGITS


def _write_run(folder: Path, number: int, records: Iterable[bytes]) -> Path:
    run = folder / f"{number}-{os.urandom(4).hex()}"
    with run.open("wb") as out:
        for record in records:
            out.write(record + b"\0")
    return run


def _merged(folder: Path, runs: list[Path]) -> Path:
    merged = _write_run(folder, 0, heapq.merge(*_opened(runs)))
    for run in runs:
        run.unlink()
    return merged


def _opened(runs: list[Path]) -> list[Iterator[bytes]]:
    return [_records(run) for run in runs]


def _records(run: Path) -> Iterator[bytes]:
    with ExitStack() as opened:
        stream = opened.enter_context(run.open("rb"))
        rest = b""
        while block := stream.read(1 << 14):
            *records, rest = (rest + block).split(b"\0")
            yield from records
