"""What a backfill would answer, counted without answering and without a plan."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from daemon.backfill.original import Entry, identity
from daemon.backfill.sources import Source
from daemon.backfill.walk import Met
from daemon.spool.file_state import Look, look_at
from model.release import Release
from storage.engine import Engine
from storage.ledger import Ledger

_AT_ONCE: Final = 500


def rehearse(
    source: Source, release: Release, engine: Engine | None, on_unreadable: Callable[[bytes], None]
) -> Mapping[str, Any]:
    """Walk and ask; nothing is written.

    Parameters
    ----------
    source : Source
    release : Release
        That would answer.
    engine : Engine or None
        None: there is no database yet.
    on_unreadable : callable
        Called with folders that cannot be listed.

    Returns
    -------
    mapping
        ``files``, ``bytes``, those that have their rows (``answered_already``), ``gone``, ``ignored``,
        ``unreadable_folders``, and when the ``oldest`` and the ``newest`` were changed last, ISO 8601 UTC.
    """
    met, answered, gone = Met(), 0, 0
    times: list[int] = []
    if engine is None and source.probe() is None:
        return {"files": 0}
    entries = source.entries(engine, release, met, on_unreadable)  # type: ignore[arg-type] # a folder asks none
    for looks in _looked(entries):
        seen = [(entry, look) for entry, look in looks if look is not None]
        gone += len(looks) - len(seen)
        if seen:
            times += [min(look.mtime_ns for _, look in seen), max(look.mtime_ns for _, look in seen)]
            times = [min(times), max(times)]
        if engine is not None:
            ids = [identity(entry, look, release.sha256) for entry, look in seen]
            answered += len(Ledger(engine).find(ids))
    return {
        "files": met.files,
        "bytes": met.bytes,
        "answered_already": answered,
        "gone": gone,
        "ignored": met.ignored,
        "unreadable_folders": met.unreadable,
        "oldest": _text(times[0]) if times else None,
        "newest": _text(times[-1]) if times else None,
    }


def _looked(entries: Iterator[tuple[Entry, int]]) -> Iterator[list[tuple[Entry, Look | None]]]:
    while some := list(islice(entries, _AT_ONCE)):
        yield [(entry, _look(entry)) for entry, _ in some]


def _look(entry: Entry) -> Look | None:
    try:
        return look_at(entry.path)
    except OSError:
        return None


def _text(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="seconds")
