"""The process that sends: one thread a destination, and one that follows the ledger."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from daemon.errors import DaemonError, errno_name
from daemon.network.sending.dispatch import Dispatch
from daemon.network.sending.entries import State, entries
from daemon.network.sending.in_turn import Follows
from daemon.network.sending.outbox import STATUS, Outbox
from daemon.shutdown import Shutdown, SignalSafeEvent
from storage.durable.replace import Synced, replace_file
from storage.errors import StorageError

if TYPE_CHECKING:
    from storage.engine import Engine

_LOOK_EVERY_S: Final = 1.0
_FOLLOW_EVERY_S: Final = 0.25
"""Between two looks into the ledger: half of it is what a result waits for on the average."""
_PAUSE_S: Final = 5.0
_STOP_S: Final = 40.0

Open = Callable[[], "Engine | None"]
"""Opens the database; None while there is none."""

_log = structlog.get_logger()


class Sender:
    """What follows the ledger and sends.

    Parameters
    ----------
    outbox : Outbox
        Held by this process.
    follower : Follows
    dispatches : sequence of Dispatch
        One a destination.
    open_engine : callable
    shutdown : Shutdown
    """

    def __init__(
        self,
        outbox: Outbox,
        follower: Follows,
        dispatches: Sequence[Dispatch],
        open_engine: Open,
        shutdown: Shutdown,
    ) -> None:
        self._outbox = outbox
        self._follower = follower
        self._dispatches = dispatches
        self._open = open_engine
        self._shutdown = shutdown
        self._wakes = [SignalSafeEvent() for _ in dispatches]
        self._paused: str | None = None
        self._has_begun = False
        self._failed: list[BaseException] = []

    @property
    def paused(self) -> str | None:
        """Why nothing is made now; None: it is."""
        return self._paused

    @property
    def dispatches(self) -> Sequence[Dispatch]:
        """What sends, one a destination."""
        return self._dispatches

    def run(self) -> None:
        """Follow and send until it is asked to stop.

        Raises
        ------
        Exception
            A thread failed by a fault of its own.
        """
        threads = [
            threading.Thread(target=self._sends, args=(one, wake), name=f"send-{number}", daemon=True)
            for number, (one, wake) in enumerate(zip(self._dispatches, self._wakes, strict=True))
        ]
        for thread in threads:
            thread.start()
        self._note_pause(None)
        try:
            while not self._shutdown.stop.is_set():
                if self.follow():
                    for wake in self._wakes:
                        wake.set()
                else:
                    self._shutdown.wake.wait(_PAUSE_S if self._paused else _FOLLOW_EVERY_S)
        finally:
            self._shutdown.stop.set()
            for wake in self._wakes:
                wake.set()
            end = time.monotonic() + _STOP_S
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
        if self._failed:
            raise self._failed[0]

    def once(self) -> None:
        """Follow until nothing is new, and try each object, whatever it waits for.

        Raises
        ------
        DaemonError, StorageError
            Nothing new could be made; what lay in the outbox was sent as far as possible.
        """
        error: Exception | None = None
        try:
            engine = self._open()
            self._follower.begin(engine)
            while engine is not None and self._follower.step(engine) and not self._shutdown.stop.is_set():
                pass
        except (DaemonError, StorageError, OSError) as failed:
            error = failed
        for dispatch in self._dispatches:
            for _ in range(3):  # who stores may have what it stored a moment later
                if self._shutdown.stop.is_set():
                    break
                try:
                    dispatch.step(at_once=True)
                except OSError as failed:  # of the outbox's own disk; the other destinations are tried still
                    error = error or failed
                if not entries(dispatch.folder, State.STORED):
                    break
                self._shutdown.stop.wait(_LOOK_EVERY_S)
        if error is not None:
            raise error

    def follow(self) -> bool:
        """Make objects of what is new; while that cannot be, say why, and let what lies there be sent.

        Returns
        -------
        bool
            Whether something was made.
        """
        try:
            engine = self._open()
            if not self._has_begun:
                self._follower.begin(engine)
                self._has_begun = True
            made = engine is not None and self._follower.step(engine)
        except (DaemonError, StorageError) as error:
            self._note_pause(str(error))
            return False
        except OSError as error:
            self._note_pause(f"the outbox's disk takes nothing ({errno_name(error)}): make room, or mend it")
            return False
        if self._paused is not None:
            self._note_pause(None)
        return made

    def _note_pause(self, why: str | None) -> None:
        """Write why nothing is made, in the log once, and for `inboxray outbox`."""
        if why != self._paused:
            if why is not None:
                _log.warning("sending_paused", cause=why)
            else:
                _log.info("sending_resumed")
        self._paused = why
        status = {"pid": os.getpid(), "paused": why, "since": time.time()}
        with suppress(OSError):
            replace_file(self._outbox.root / STATUS, json.dumps(status).encode(), Synced.NOTHING)

    def _sends(self, dispatch: Dispatch, wake: SignalSafeEvent) -> None:
        """Send to one destination until the end; a fault of ours ends the process."""
        try:
            while not self._shutdown.stop.is_set():
                wake.clear()
                try:
                    changed = dispatch.step()
                except OSError as error:
                    _log.warning("outbox_refused", destination=dispatch.address, error=errno_name(error))
                    changed = False
                if not changed:
                    wake.wait(_LOOK_EVERY_S)
        except BaseException as error:  # noqa: BLE001 -- handed to the main thread, which raises it
            self._failed.append(error)
            self._shutdown.stop.set()
            self._shutdown.wake.set()
        finally:
            dispatch.close()


def quieten_libraries() -> None:
    """Let pynetdicom and httpx log nothing: what failed is in our own lines, with what to do."""
    for name in ("pynetdicom", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
