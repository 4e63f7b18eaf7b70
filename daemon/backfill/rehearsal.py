"""What a backfill would answer, counted without answering and without a plan."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from daemon.backfill.looks import GONE, UNREADABLE, Unseen, seen
from daemon.backfill.original import Entry, identity
from daemon.backfill.sources import Source
from daemon.backfill.walk import Met
from daemon.spool.file_state import Look
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
        ``files``, ``bytes``, those that have their rows (``answered_already``), ``gone``, ``unreadable``,
        ``ignored``, ``unreadable_folders``, and when the ``oldest`` and the ``newest`` were changed last,
        ISO 8601 UTC.
    """
    met, answered, unseen = Met(), 0, Counter[Unseen]()
    times: list[int] = []
    if engine is None and source.probe() is None:
        return {"files": 0}
    entries = source.entries(engine, release, met, on_unreadable)  # type: ignore[arg-type] # a folder asks none
    for looks in _looked(entries):
        there = [(entry, look) for entry, look in looks if isinstance(look, Look)]
        unseen.update(look for _, look in looks if not isinstance(look, Look))
        if there:
            times += [min(look.mtime_ns for _, look in there), max(look.mtime_ns for _, look in there)]
            times = [min(times), max(times)]
        if engine is not None:
            ids = [identity(entry, look, release.sha256) for entry, look in there]
            answered += len(Ledger(engine).find(ids))
    return {
        "files": met.files,
        "bytes": met.bytes,
        "answered_already": answered,
        "gone": unseen[GONE],
        "unreadable": unseen[UNREADABLE],
        "ignored": met.ignored,
        "unreadable_folders": met.unreadable,
        "oldest": _text(times[0]) if times else None,
        "newest": _text(times[-1]) if times else None,
    }


def _looked(entries: Iterator[tuple[Entry, int]]) -> Iterator[list[tuple[Entry, Look | Unseen]]]:
    while some := list(islice(entries, _AT_ONCE)):
        yield [(entry, seen(entry.path)) for entry, _ in some]


def _text(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="seconds")
