"""From the settings to a receiver that serves until it is asked to stop."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import structlog

from daemon.network.receiving.allowed import Allowed, parse_peer
from daemon.network.receiving.commitments import Commitments, Ledger
from daemon.network.receiving.landing import Landing
from daemon.network.receiving.server import Server, inherited, listen
from daemon.network.receiving.slots import Slots
from daemon.network.receiving.terms import Terms
from daemon.pipeline.identifiers import open_identifiers
from daemon.shutdown import Shutdown
from daemon.spool.folders import Spool

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from storage.engine import Engine

_log = structlog.get_logger()
_MIB = 1 << 20


def receive(settings: "Settings", engine: "Engine | None", announce: Callable[[str, int], None]) -> None:
    """Take objects from the network into the inbox, until SIGTERM or SIGINT.

    Parameters
    ----------
    settings : Settings
    engine : Engine or None
        To answer storage commitment from; None: that is not offered.
    announce : callable
        Called with address and port once peers can connect.

    Raises
    ------
    ConfigurationError
        `receive_from` is malformed, or the port cannot be taken.
    SpoolInUseError
        Another receiver works on the inbox.
    CannotCreateError
        There is no inbox, or it may not be written.
    """
    shutdown = Shutdown()
    host, port = split_listen(settings.receive_listen)
    with ExitStack() as opened:
        opened.enter_context(shutdown.on_signals())
        listening = inherited(os.environ) or listen(host, port)
        opened.callback(listening.close)
        landing = Landing(Spool(settings.spool).inbox, settings.never_claimed, settings.marker_suffixes)
        removed = opened.enter_context(landing.held())
        terms = opened.enter_context(_terms(settings, landing, engine))
        opened.enter_context(Server(listening, terms).running(settings.stop_s))
        place = listening.getsockname()
        _log.info(
            "receiver_started", ae_title=settings.ae_title, port=place[1], leftovers=removed, address=place[0]
        )
        announce(*place[:2])
        shutdown.stop.wait()
        _log.info("receiver_stopping")
    _log.info("receiver_stopped")


@contextmanager
def _terms(settings: "Settings", landing: Landing, engine: "Engine | None") -> Iterator[Terms]:
    allowed = Allowed([parse_peer(one) for one in settings.receive_from])
    with ExitStack() as opened:
        commitments = None
        if engine is not None:
            from daemon.network.receiving.call_back import CallBack  # pynetdicom is not needed without

            call_back = CallBack(settings.ae_title, allowed)
            commitments = Commitments(
                landing.notes, _ledger(settings, engine), call_back, settings.receive_commitment_s
            )
            opened.enter_context(commitments.running())
        yield Terms(
            ae_title=settings.ae_title,
            allowed=allowed,
            landing=landing,
            slots=Slots(settings.receive_associations),
            commitments=commitments,
            silence_s=settings.receive_silence_s,
            longest_s=settings.receive_association_s,
            max_bytes=settings.receive_association_mb * _MIB,
            max_object_bytes=settings.max_file_mb * _MIB,
            stopping=threading.Event(),
        )


def _ledger(settings: "Settings", engine: "Engine") -> Ledger:
    """Return what says which instances have a row, whatever the rule makes of their UIDs."""
    from storage.held import held_instances

    rule = open_identifiers(settings.identifiers, settings.identifiers_key_file)

    def held(sop_instance_uids: Sequence[str]) -> frozenset[str]:
        recorded = {uid: rule.value(uid) for uid in sop_instance_uids}
        found = held_instances(engine, [value for value in recorded.values() if value is not None])
        return frozenset(uid for uid, value in recorded.items() if value in found)

    return held


def split_listen(text: str) -> tuple[str, int]:
    """Take the setting `receive_listen` apart.

    Parameters
    ----------
    text : str
        ``ADDRESS:PORT``, as the settings let pass.

    Returns
    -------
    tuple of (str, int)
    """
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
