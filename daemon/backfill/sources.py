"""What a backfill answers: the files of a folder, or those whose answers are of another release."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from daemon.backfill.original import Entry
from daemon.backfill.plan import Order
from daemon.backfill.walk import Met, Walk
from daemon.errors import MissingFileError, UsageError
from daemon.inbox.sweep import Ignore
from daemon.spool.folders import Spool
from daemon.spool.names import decode_name
from model.release import Release
from storage.engine import Engine
from storage.filters import Filters
from storage.queries import results
from storage.vocabulary import CLASSIFIED


class Source(Protocol):
    """Where the files of a plan come from."""

    @property
    def name(self) -> str:
        """Names it in status, and its journal: the same source goes on where it ended."""
        ...

    @property
    def order(self) -> Order:
        """The order of the plan."""
        ...

    def probe(self) -> Path | None:
        """A folder of which a worker that is given paths must see the files."""
        ...

    def entries(
        self, engine: Engine, release: Release, met: Met, on_unreadable: Callable[[bytes], None]
    ) -> Iterator[tuple[Entry, int]]:
        """Yield the files, each with the time of its last change, ns."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below a folder, which stay where they are.

    Parameters
    ----------
    root : Path
        Absolute.
    order : {"names", "newest", "oldest"}
        Newest and oldest: by the time of the last change, as the disk has it.
    ignore : Ignore
    spool : Spool
        Is left out.
    """

    root: Path
    order: Order
    ignore: Ignore
    spool: Spool

    @classmethod
    def at(cls, folder: Path, order: Order, ignore: Ignore, spool: Spool) -> "Folder":
        """Make one of a folder that is there and not of the spool.

        Parameters
        ----------
        folder, order, ignore, spool
            As of the class; the folder may be a link.

        Returns
        -------
        Folder

        Raises
        ------
        MissingFileError, UsageError
        """
        if not folder.is_dir():
            raise MissingFileError(f"{folder} is no folder that this user can see")
        root, own = folder.resolve(), spool.root.resolve()
        if root.is_relative_to(own):
            raise UsageError(
                f"{folder} lies in the spool, whose files have their own way: `inboxray run` answers the "
                "inbox, `inboxray backfill --again` and `inboxray requeue` what was answered"
            )
        return cls(root, order, ignore, spool)

    @property
    def name(self) -> str:
        """The folder, printable."""
        return os.fspath(self.root)

    def probe(self) -> Path:
        """The folder itself."""
        return self.root

    def entries(
        self, engine: Engine, release: Release, met: Met, on_unreadable: Callable[[bytes], None]
    ) -> Iterator[tuple[Entry, int]]:
        """Walk; parameters are those of `Source.entries`."""
        del engine, release
        cut = len(os.path.join(os.fsencode(self.root), b""))
        for file in Walk(self.root, self.ignore, met, on_unreadable, self.spool.root).files():
            yield Entry(file.path, file.path[cut:]), file.mtime_ns


@dataclass(frozen=True, slots=True)
class Again:
    """Files whose current answer is of another release, to be answered by the one of now, where they lie.

    Parameters
    ----------
    filters : Filters
        Which; without an outcome or a code, classified ones alone.
    order : {"as_given"}
        By `filters`.
    spool : Spool
    release : str
        sha256 of the release that answers: another one has a plan of its own.
    """

    filters: Filters
    spool: Spool
    release: str
    order: Order = "as_given"

    @property
    def name(self) -> str:
        """The question and the release."""
        asked = {name: value for name, value in asdict(self.filters).items() if value}
        return f"answers again by {self.release[:12]}: {json.dumps(asked, default=str, sort_keys=True)}"

    def probe(self) -> None:
        """The spool's own, as the daemon has it."""

    def entries(
        self, engine: Engine, release: Release, met: Met, on_unreadable: Callable[[bytes], None]
    ) -> Iterator[tuple[Entry, int]]:
        """Ask the database; parameters are those of `Source.entries`."""
        del on_unreadable
        root = os.fsencode(self.spool.root)
        takes_all = self.filters.outcome is not None or self.filters.error_code is not None
        with closing(results(engine, replace(self.filters, only_current=True))) as rows:
            for row in rows:
                is_meant = takes_all or row["outcome"] == CLASSIFIED
                if not is_meant or row["model"] == release.label or not row["stored_path"]:
                    continue
                met.files += 1
                path = os.path.join(root, decode_name(row["stored_path"]))
                yield Entry(path, decode_name(row["source_name"]), row["scan_id"]), 0
