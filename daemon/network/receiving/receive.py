"""From the settings to a receiver that serves until it is asked to stop."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog

from daemon.errors import ConfigurationError
from daemon.network.receiving.allowed import Allowed, parse_peer
from daemon.network.receiving.commitments import Commitments, Ledger
from daemon.network.receiving.landing import Landing
from daemon.network.receiving.ports import Port, inherited, listen
from daemon.network.receiving.server import Server
from daemon.network.receiving.slots import Slots
from daemon.network.receiving.tally import Tally
from daemon.network.receiving.terms import Terms
from daemon.network.tls import client_context, server_context
from daemon.pipeline.identifiers import open_identifiers
from daemon.shutdown import Shutdown
from daemon.spool.folders import Spool

if TYPE_CHECKING:
    from ssl import SSLContext

    from daemon.settings.fields import Settings
    from storage.engine import Engine

_log = structlog.get_logger()
_MIB = 1 << 20


def receive(
    settings: "Settings", engine: "Engine | None", announce: Callable[[Sequence[Port]], None]
) -> None:
    """Take objects from the network into the inbox, until SIGTERM or SIGINT.

    Parameters
    ----------
    settings : Settings
    engine : Engine or None
        To answer storage commitment from; None: that is not offered.
    announce : callable
        Called with the ports once peers can connect.

    Raises
    ------
    ConfigurationError
        `receive_from` is malformed, a port cannot be taken, or a certificate cannot be used.
    SpoolInUseError
        Another receiver works on the inbox.
    CannotCreateError
        There is no inbox, or it may not be written; or the port of metrics cannot be taken.
    Exception
        A thread failed by a fault of its own.
    """
    shutdown, failed = Shutdown(), _Failed()
    with ExitStack() as opened:
        opened.enter_context(shutdown.on_signals())
        failed.then = shutdown.stop.set
        ports = inherited(os.environ) or _own_ports(settings)
        for port in ports:
            opened.callback(port.listening.close)
        tls = server_context(settings) if any(port.is_encrypted for port in ports) else None
        landing = Landing(Spool(settings.spool).inbox, settings.never_claimed, settings.marker_suffixes)
        removed = opened.enter_context(landing.held())
        terms = opened.enter_context(_terms(settings, landing, engine, tls, failed))
        if settings.receive_metrics_listen is not None:
            opened.enter_context(_measured(settings.receive_metrics_listen, terms))
        opened.enter_context(Server(ports, terms, failed).running(settings.stop_s))
        for port in ports:
            place = port.listening.getsockname()
            facts = {"port": place[1], "address": place[0], "tls": port.is_encrypted}
            _log.info("receiver_started", ae_title=settings.ae_title, leftovers=removed, **facts)
        announce(ports)
        shutdown.stop.wait()
        _log.info("receiver_stopping")
    _log.info("receiver_stopped")
    failed.raise_first()


class _Failed:
    """What ended a thread; the process then ends, too, for it would serve no peer."""

    def __init__(self) -> None:
        self.then: Callable[[], None] = lambda: None
        self._errors: list[BaseException] = []

    def __call__(self, error: BaseException) -> None:
        self._errors.append(error)
        self.then()

    def raise_first(self) -> None:
        if self._errors:
            raise self._errors[0]


def _own_ports(settings: "Settings") -> list[Port]:
    ports = []
    for setting, is_encrypted in (("receive_listen", False), ("receive_tls_listen", True)):
        place = getattr(settings, setting)
        if place is not None:
            ports.append(Port(listen(place, setting), is_encrypted))
    if not ports:
        raise ConfigurationError(
            "there is no port to take objects at: set receive_listen or receive_tls_listen"
        )
    return ports


@contextmanager
def _measured(listen_at: str, terms: Terms) -> Iterator[None]:
    from daemon.monitoring.http import served
    from daemon.monitoring.receiving_metrics import ReceivingMetrics

    commitments = terms.commitments
    metrics = ReceivingMetrics(terms.tally.counted, lambda: 0 if commitments is None else commitments.waiting)
    pages = {"/metrics": lambda accept: (HTTPStatus.OK, *metrics.text(accept))}
    with served(listen_at, pages, setting="receive_metrics_listen"):
        yield


@contextmanager
def _terms(
    settings: "Settings",
    landing: Landing,
    engine: "Engine | None",
    tls: "SSLContext | None",
    fail: Callable[[BaseException], None],
) -> Iterator[Terms]:
    allowed = Allowed([parse_peer(one) for one in settings.receive_from])
    with ExitStack() as opened:
        commitments = None
        if engine is not None:
            from daemon.network.receiving.call_back import CallBack  # pynetdicom is not needed without

            call_back = CallBack(
                settings.ae_title, allowed, None if tls is None else client_context(settings)
            )
            commitments = Commitments(
                landing.notes, _ledger(settings, engine), call_back, settings.receive_commitment_s, fail
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
            tally=Tally(),
            tls=tls,
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
