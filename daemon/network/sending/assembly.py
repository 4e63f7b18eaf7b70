"""The parts of `inboxray send`, put together by the settings."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import CannotCreateError, ConfigurationError, errno_name
from daemon.monitoring.http import served
from daemon.monitoring.sending_metrics import SendingMetrics, Sent
from daemon.network.sending.commitments import Reports, listening
from daemon.network.sending.dispatch import Dispatch
from daemon.network.sending.entries import State, count_entries, entries
from daemon.network.sending.follow import Follower
from daemon.network.sending.in_turn import InTurn
from daemon.network.sending.notes import BackOff, peer_note
from daemon.network.sending.outbox import FOLDER, Outbox
from daemon.network.sending.peers import notified_peer_of, peer_of
from daemon.network.sending.sender import Sender
from daemon.network.studies.assembly import reports_studies, tracker_of
from daemon.settings.destinations import Destination
from daemon.settings.sent_to import archives, notified

if TYPE_CHECKING:
    from daemon.network.sending.follow import Make
    from daemon.network.sending.in_turn import Follows
    from daemon.network.studies.structured import MakeReport
    from daemon.settings.fields import Settings
    from daemon.shutdown import Shutdown
    from storage.engine import Engine


def outbox_of(settings: "Settings") -> Outbox:
    """Return the outbox of the spool.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    Outbox
    """
    return Outbox(settings.spool / FOLDER)


def destinations_of(settings: "Settings") -> tuple[list[Destination], list[Destination]]:
    """Return the destinations that are set.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    archives, notified : list of Destination
        Who gets objects, and who gets notices of studies.

    Raises
    ------
    ConfigurationError
        None is.
    """
    found = archives(settings), notified(settings)
    if not any(found):
        raise ConfigurationError(
            "nothing is sent anywhere: set `send_to`, such as dicom://CALLED_AE@HOST:PORT, or "
            "INBOXRAY_SEND_TO; or `webhook_to`, or `mail_to`"
        )
    return found


@contextmanager
def assembled(
    settings: "Settings",
    open_engine: "Callable[[], Engine | None]",
    make: "Make",
    shutdown: "Shutdown",
    make_report: "MakeReport | None" = None,
) -> Iterator[Sender]:
    """Put together what sends, with its listeners; it holds the outbox until the end.

    Parameters
    ----------
    settings : Settings
    open_engine : callable
        Opens the database; None while there is none.
    make : callable
        Makes the objects of a scan.
    shutdown : Shutdown
    make_report : callable, optional
        Makes the report of a study.

    Yields
    ------
    Sender

    Raises
    ------
    ConfigurationError
        There is no destination, or a file that a setting names cannot be used.
    SpoolInUseError
        Another sender holds the outbox.
    CannotCreateError
        The outbox cannot be written, or a port cannot be taken.
    """
    to_archives, to_people = destinations_of(settings)
    outbox = outbox_of(settings)
    reports = Reports()
    back_off = BackOff(settings.send_retry_s, max(settings.send_retry_s, settings.send_retry_most_s))
    with ExitStack() as opened:
        opened.enter_context(outbox.held())
        peers = [(one, peer_of(one, settings, reports)) for one in to_archives]
        peers += [(one, notified_peer_of(one, settings)) for one in to_people]
        dispatches = [
            Dispatch(
                one.address,
                _folder(outbox, one),
                peer,
                back_off,
                keep_days=settings.outbox_keep_days,
                is_stopping=shutdown.stop.is_set,
            )
            for one, peer in peers
        ]
        titles = [one.called_ae for one in to_archives if one.called_ae]
        opened.enter_context(listening(settings.commitment_listen, settings.ae_title, titles, reports))
        folders = {dispatch.address: dispatch.folder for dispatch in dispatches}
        follows: list[Follows] = []
        if settings.dicom_results and to_archives:
            of_archives = [folders[one.address] for one in to_archives]
            least = settings.outbox_min_free_percent
            follows.append(Follower(outbox, of_archives, make, min_free_percent=least))
        if reports_studies(settings):
            follows.append(tracker_of(settings, outbox, folders, make_report))
        sender = Sender(outbox, InTurn(follows), dispatches, open_engine, shutdown)
        if settings.send_metrics_listen is not None:
            metrics = SendingMetrics(lambda: measured(dispatches), lambda: sender.paused is not None)
            pages = {"/metrics": lambda accept: (HTTPStatus.OK, *metrics.text(accept))}
            opened.enter_context(served(settings.send_metrics_listen, pages, setting="send_metrics_listen"))
        yield sender


def _folder(outbox: Outbox, destination: Destination) -> Path:
    try:
        return outbox.folder(destination)
    except OSError as error:
        raise CannotCreateError(
            f"the outbox takes nothing ({errno_name(error)}): let the user who sends write to the folder "
            f"{FOLDER} of the spool, or make room"
        ) from None


def measured(dispatches: list[Dispatch]) -> dict[str, Sent]:
    """Measure what lies in the outbox, and what became of objects.

    Parameters
    ----------
    dispatches : list of Dispatch

    Returns
    -------
    dict of str to Sent
        By the address of the destination.
    """
    known = {}
    for one in dispatches:
        lying = {str(state): count_entries(one.folder, state) for state in State}
        oldest_s = 0.0
        if waiting := entries(one.folder, State.WAITING):
            with suppress(FileNotFoundError):
                oldest_s = max(0.0, time.time() - waiting[0].path.stat().st_mtime)
        known[one.address] = Sent(
            lying,
            oldest_s,
            peer_note(one.folder).attempts,
            dict(one.answers),
            dict(one.failures),
        )
    return known
