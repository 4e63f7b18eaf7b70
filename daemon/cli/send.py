"""`send`: results to archives, and notices of studies."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from daemon.network.objects import ObjectMaker
    from daemon.network.sending.sender import Sender
    from daemon.settings.fields import Settings
    from storage.engine import Engine


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(send)


@placed
def send(
    places: Places,
    *,
    once: Annotated[
        bool,
        typer.Option("--once", help="Make and send what is new, try all that waits, and leave; for scripts."),
    ] = False,
) -> None:
    """Send results to the destinations of the setting `send_to`, as they are recorded.

    And, once a study is quiet, its report, and notices to those of `webhook_to` and `mail_to`. Each waits in
    the outbox of the spool until its destination has it, whatever is down meanwhile; `inboxray outbox` shows
    what waits and why. A destination that is new gets what is recorded from then on; `inboxray resend
    --all-of` sends the results of scans from before. Needs the extra `pacs`.

    With --once it exits 69 if something waits still, and 65 if something was refused, or could not be made.
    """
    _refuse_without_packages()
    from daemon import logs
    from daemon.errors import ConfigurationError
    from daemon.network.objects import require_highdicom
    from daemon.network.sending.assembly import assembled, destinations_of
    from daemon.network.sending.sender import quieten_libraries
    from daemon.shutdown import Shutdown

    settings = places.settings()
    archives, _ = destinations_of(settings)
    if archives and not (settings.dicom_results or settings.study_report):
        raise ConfigurationError(
            'nothing is made to be sent: set `dicom_results`, such as ["sr"], or INBOXRAY_DICOM_RESULTS; or '
            "`study_report`"
        )
    if archives:
        require_highdicom()
    logs.configure(settings.log_level, settings.log_format)
    quieten_libraries()
    shutdown = Shutdown()
    with ExitStack() as opened:
        open_engine = _opener(settings, opened)
        maker = _maker(settings, open_engine, opened)
        sender = opened.enter_context(
            assembled(
                settings,
                open_engine,
                lambda scan_id: maker().of(scan_id),
                shutdown,
                lambda report: maker().study_report(report),
            )
        )
        opened.enter_context(shutdown.on_signals())
        if once:
            sender.once()
            _judge(settings, sender)
        else:
            note(f"sending to {counted(len(sender.dispatches), 'destination')}; Ctrl-C ends it")
            sender.run()


def _refuse_without_packages() -> None:
    from daemon.errors import ConfigurationError
    from model.extras import install_line

    try:
        import daemon.network.sending.assembly  # noqa: F401 -- whether it can be imported
    except ImportError as error:
        raise ConfigurationError(
            f"sending needs {error.name}, which is not installed: {install_line('pacs')}"
        ) from None


def _opener(settings: "Settings", opened: ExitStack) -> "Callable[[], Engine | None]":
    """Return what opens the database once it is there."""
    from daemon.cli.open_results import reading
    from daemon.errors import MissingFileError

    engines: list[Engine] = []

    def open_engine() -> "Engine | None":
        if not engines:
            try:
                engines.append(opened.enter_context(reading(settings)))
            except MissingFileError:
                return None
        return engines[0]

    return open_engine


def _maker(
    settings: "Settings", open_engine: "Callable[[], Engine | None]", opened: ExitStack
) -> "Callable[[], ObjectMaker]":
    """Return what gives the maker of objects; its children start with the first one."""
    from daemon.network.objects import open_maker

    makers: list[ObjectMaker] = []

    def maker() -> "ObjectMaker":
        engine = open_engine()
        if not makers and engine is not None:
            makers.append(opened.enter_context(open_maker(settings, engine)))
        return makers[0]

    return maker


def _judge(settings: "Settings", sender: "Sender") -> None:
    """Say what is left after all was tried."""
    from daemon.errors import BadDataError, DaemonAwayError
    from daemon.network.sending.assembly import outbox_of
    from daemon.network.sending.overview import look
    from daemon.settings.sent_to import all_addresses

    answers = {
        word: sum(one.answers[word] for one in sender.dispatches)
        for word in ("confirmed", "unconfirmed", "refused")
    }
    note(", ".join(f"{word}: {number}" for word, number in answers.items()))
    seen = look(outbox_of(settings), all_addresses(settings))
    waiting = [shelf for shelf in seen.shelves if shelf.is_set and shelf.waits]
    if waiting:
        lines = [
            f"{shelf.destination}: {counted(shelf.waits, 'object')} left"
            + (f"; {shelf.step}: {shelf.error}; {shelf.remedy}" if shelf.error else "")
            for shelf in waiting
        ]
        raise DaemonAwayError("\n".join([*lines, "nothing is lost: they stay in the outbox"]))
    if answers["refused"] or seen.unmade:
        raise BadDataError("some was refused, or could not be made: see `inboxray outbox`")
