"""What became of the files of a soak, read from the spool and the database and from nothing else."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon.soak.arrivals import Arrival
from daemon.spool.folders import Spool
from daemon.spool.lock import is_held
from daemon.spool.names import REASON_SUFFIX, decode_name
from storage.vocabulary import FAILED


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found; all counts but those of `answers` are zero if every file ended exactly once.

    Parameters
    ----------
    answers : mapping of int by str
        How many rows ended as what: an outcome, or an error code.
    lost : int
        Files without a row.
    twice : int
        Rows too many: of a file that has one, or of no file that was dropped.
    missing : int
        Rows whose file does not lie where the row says.
    altered : int
        Files whose bytes are not those that were dropped, or not those that the row says.
    unexplained : int
        Failed files without their reason beside them.
    strangers : int
        Files in ``done/`` and ``failed/`` that no row names.
    in_inbox, in_claimed : int
        What is left there.
    lock_held : bool
        Another process holds the spool.
    children : int
        Processes of a killed or stopped daemon that live on.
    """

    answers: Mapping[str, int] = field(default_factory=dict)
    lost: int = 0
    twice: int = 0
    missing: int = 0
    altered: int = 0
    unexplained: int = 0
    strangers: int = 0
    in_inbox: int = 0
    in_claimed: int = 0
    lock_held: bool = False
    children: int = 0

    @property
    def holds(self) -> bool:
        """True if every file ended exactly once and nothing is left over."""
        return not any(self.broken().values())

    def broken(self) -> dict[str, int]:
        """Return each count that must be zero, by its name.

        Returns
        -------
        dict of str to int
        """
        names = (
            *("lost", "twice", "missing", "altered", "unexplained", "strangers"),
            *("in_inbox", "in_claimed", "lock_held", "children"),
        )
        return {name: int(getattr(self, name)) for name in names}


def prove(
    spool: Spool, arrivals: Iterable[Arrival], rows: Iterable[Mapping[str, Any]], children: int
) -> Proof:
    """Compare what was dropped with what is recorded and with what lies in the spool.

    Parameters
    ----------
    spool : Spool
    arrivals : iterable of Arrival
        Everything that was dropped; each name once.
    rows : iterable of mapping
        Everything that is recorded: rows of the view `results`.
    children : int
        Processes that should have ended.

    Returns
    -------
    Proof
    """
    dropped = {arrival.name: arrival.sha256 for arrival in arrivals}
    seen: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    found: Counter[str] = Counter()
    named = set()
    for row in rows:
        seen[row["source_name"]] += 1
        answers[row["error_code"] or row["outcome"]] += 1
        path = Path(os.fsdecode(os.path.join(os.fsencode(spool.root), decode_name(row["stored_path"]))))
        named.add(path)
        found.update(_faults_of(path, row, dropped.get(row["source_name"])))
    lying = {path for folder in (spool.done, spool.failed) for path in _files(folder)}
    return Proof(
        answers=dict(answers),
        lost=len(dropped.keys() - seen.keys()),
        twice=sum(number - (name in dropped) for name, number in seen.items()),
        missing=found["missing"],
        altered=found["altered"],
        unexplained=found["unexplained"],
        strangers=len({path for path in lying - named if not path.name.endswith(REASON_SUFFIX)}),
        in_inbox=len(list(_files(spool.inbox))),
        in_claimed=len(list(spool.claimed.iterdir())),
        lock_held=is_held(spool),
        children=children,
    )


def _faults_of(path: Path, row: Mapping[str, Any], expected: str | None) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        yield "missing"
        return
    # A row without a hash is that of a file that was not opened: crashed_daemon.
    if expected is not None and (sha256 != expected or row["sha256"] not in (None, sha256)):
        yield "altered"
    if row["outcome"] == FAILED and not path.with_name(path.name + REASON_SUFFIX).exists():
        yield "unexplained"


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
