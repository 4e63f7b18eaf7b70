"""What is still to be answered of what came in together with a study, by the notes of `inboxray receive`."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daemon.network.studies.quiet import Arriving
from daemon.settings.ignored_names import RECEIVING
from daemon.spool.received import FOLDER, Known, Received, read_notes
from storage.held import held_instances

if TYPE_CHECKING:
    from storage.engine import Engine
    from storage.study import Study

_READ_EVERY_S: Final = 2.0


class ReceivedAssociations:
    """The associations that brought something lately.

    An association does not say which of its objects belong to which study before these have rows. So what
    came together is taken to belong together, until it is known that it does not.

    Parameters
    ----------
    inbox : Path
    as_recorded : callable
        Takes a UID as it was sent, and returns it as rows hold it; None: they hold none.
    clock : callable
        Monotonic, seconds.
    """

    def __init__(
        self,
        inbox: Path,
        as_recorded: Callable[[str | None], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = inbox / RECEIVING / FOLDER
        self._as_recorded = as_recorded
        self._clock = clock
        self._known: Known = {}
        self._by_instance: dict[str, list[tuple[Received, tuple[str, ...]]]] = {}
        self._read_at = float("-inf")

    def of(self, engine: "Engine", study: "Study") -> Arriving:
        """Say what is known of the rest of a study.

        Parameters
        ----------
        engine : Engine
        study : Study

        Returns
        -------
        Arriving

        Raises
        ------
        DatabaseUnavailable
            The database cannot be read.
        """
        self._read()
        if not self._by_instance:
            return Arriving()
        own = {one.sop_instance_uid for one in study.scans} - {None}
        found = {
            id(received): (received, instances)
            for uid in own
            for received, instances in self._by_instance.get(uid or "", ())
        }
        if not found:
            return Arriving()
        beside = {uid for _, instances in found.values() for uid in instances} - own
        waiting = sorted(beside - held_instances(engine, sorted(beside))) if beside else []
        return Arriving(
            any(received.is_open for received, _ in found.values()),
            max(received.changed_at for received, _ in found.values()),
            tuple(waiting),
        )

    def _read(self) -> None:
        now = self._clock()
        if now - self._read_at < _READ_EVERY_S:
            return
        self._read_at = now
        self._by_instance = {}
        for received in read_notes(self._folder, self._known):
            uids = tuple(filter(None, map(self._as_recorded, received.sop_instance_uids)))
            for uid in uids:
                self._by_instance.setdefault(uid, []).append((received, uids))
