"""The nightly comparison of rows with files: it says what differs, and changes nothing.

The paths of all stored files are in memory meanwhile: about 100 MB for a million of them.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any, Final

import structlog

from daemon.spool.folders import Spool
from daemon.spool.reconcile import FINDINGS, Difference, compare
from storage.engine import Engine
from storage.places import stored_rows, was_requeued

_SLICE_S: Final = 0.01
_LONGEST_REST_S: Final = 0.1

_log = structlog.get_logger()


class Pace:
    """Rest after each slice of work for as long as it took, so that others have their turn.

    Parameters
    ----------
    clock : callable
        Monotonic seconds.
    rest : callable
        Takes seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, rest: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._rest = rest
        self._began = clock()

    def __call__(self) -> None:
        """Rest, if a slice is over."""
        worked = self._clock() - self._began
        if worked >= _SLICE_S:
            self._rest(min(worked, _LONGEST_REST_S))
            self._began = self._clock()


def differences(
    engine: Engine, spool: Spool, *, deep: bool = False, pace: Callable[[], None] = lambda: None
) -> Iterator[Difference]:
    """Compare the rows of a database with the files of a spool, also while a daemon works.

    Parameters
    ----------
    engine : Engine
        May be read-only.
    spool : Spool
    deep : bool
    pace : callable
        Both as of `daemon.spool.reconcile.compare`.

    Yields
    ------
    Difference

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    OSError
        A folder cannot be listed.
    """
    with closing(stored_rows(engine)) as rows:
        yield from compare(spool, rows, partial(was_requeued, engine), deep=deep, pace=pace)


def log_differences(found: Iterable[Difference]) -> Mapping[str, Any]:
    """Count what was found, and warn of it in one line that names neither file nor scan.

    Parameters
    ----------
    found : iterable of Difference

    Returns
    -------
    mapping
        ``differences``, about which something is to be done, and how many ``by`` finding.
    """
    counted: Counter[str] = Counter()
    unsettled = 0
    for one in found:
        counted[one.finding] += 1
        unsettled += not one.is_settled
    by = {finding: counted[finding] for finding in FINDINGS}
    if unsettled:
        _log.warning(
            "rows_and_files_differ",
            differences=unsettled,
            by=by,
            remedy="`inboxray db check` names each and says what to do",
        )
    return {"differences": unsettled, "by": by}
