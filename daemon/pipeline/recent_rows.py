"""The rows that were recorded last, kept in memory: a database may come back without them (fault 69).

A standby that takes over lacks what the server before it had confirmed and not sent yet.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from daemon.pipeline.in_flight import IN_TURN
from storage.ledger import Question, ScanRecord

MOST_BYTES: Final = 4 << 20
"""About 1,250 rows of one frame: more than half a minute of a busy daemon."""
_ROW_BYTES: Final = 2600  # measured: a row with every column, and its places in the index
_PREDICTION_BYTES: Final = 400  # beside its heat map


class RecentRows:
    """The last rows of this run of the daemon, in the order of recording; to be used by one thread.

    Parameters
    ----------
    most_bytes : int
        Memory that they may take, about; those of the last batches are kept whatever they take.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._batches: deque[Sequence[ScanRecord]] = deque()
        self._by_key: dict[str, list[ScanRecord]] = {}
        self.has_forgotten = False

    def __iter__(self) -> Iterator[ScanRecord]:
        return (row for batch in self._batches for row in batch)

    @property
    def last(self) -> ScanRecord | None:
        """The row that was recorded last; None before the first."""
        return self._batches[-1][-1] if self._batches else None

    def add(self, rows: Sequence[ScanRecord]) -> None:
        """Take in rows that are committed, and forget the oldest where they take too much.

        Parameters
        ----------
        rows : sequence of ScanRecord
        """
        if not rows:
            return
        self._batches.append(tuple(rows))
        self._bytes += _size(rows)
        for row in rows:
            for key in _keys(row):
                self._by_key.setdefault(key, []).append(row)
        while self._bytes > self._most_bytes and len(self._batches) > IN_TURN:
            self._forget(self._batches.popleft())

    def answering(self, question: Question) -> list[ScanRecord]:
        """Return the rows that say something to a question; those of the same bytes in their order.

        Parameters
        ----------
        question : Question

        Returns
        -------
        list of ScanRecord
        """
        # Of the same bytes the first row counts, so they are looked up first: each list has its own order.
        keys = (*question.sha256s, *question.sop_instance_uids, *question.stored_paths)
        found = {row.scan_id: row for key in keys for row in self._by_key.get(key, ())}
        return list(found.values())

    def _forget(self, rows: Sequence[ScanRecord]) -> None:
        self.has_forgotten = True
        self._bytes -= _size(rows)
        for row in rows:
            for key in _keys(row):
                _, *others = self._by_key.pop(key)  # of one key, the oldest comes first
                if others:
                    self._by_key[key] = others


def _keys(row: ScanRecord) -> Iterator[str]:
    """Yield what a row is looked up by; each of another form."""
    yield from filter(None, (row.sha256, row.sop_instance_uid, row.stored_path))


def _size(rows: Sequence[ScanRecord]) -> int:
    """Estimate the memory that rows take, bytes."""
    maps = sum(len(one.heat_map or b"") for row in rows for one in row.predictions)
    predictions = sum(len(row.predictions) for row in rows)
    return len(rows) * _ROW_BYTES + predictions * _PREDICTION_BYTES + maps
