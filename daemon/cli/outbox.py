"""`outbox`: results that are on their way to archives."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.arguments import counted
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_json, write_rows

if TYPE_CHECKING:
    from daemon.network.sending.overview import Overview, Shelf

_COLUMNS: Final = (
    *("destination", "waiting", "since", "stored", "unconfirmed", "confirmed", "refused"),
    *("failed at", "next try"),
)
_MOST_SHOWN: Final = 10


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(outbox)


@placed
def outbox(
    places: Places,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="For scripts: exit 69 if a destination fails, something waits and nothing is sent, or was "
            "refused.",
        ),
    ] = False,
) -> None:
    """Show what `inboxray send` has to send, has sent, and why something waits.

    For each destination: objects that wait, and since when; stored ones, of which the peer has still to say
    that it has them; unconfirmed ones, which it stored and cannot be asked for; and refused ones, which
    `inboxray resend` tries again.
    """
    from daemon.network.sending.outbox import FOLDER, Outbox
    from daemon.network.sending.overview import look
    from daemon.settings.sent_to import all_addresses

    settings = places.settings()
    seen = look(Outbox(settings.spool / FOLDER), all_addresses(settings))
    if json:
        write_json(seen.as_plain())
    else:
        _show(seen)
    if check:
        _check(seen)


def _show(seen: "Overview") -> None:
    write_rows([_row(shelf) for shelf in seen.shelves], _COLUMNS, Format.TABLE)
    if not seen.shelves:
        note("nothing is sent anywhere: set `send_to`")
    for shelf in seen.shelves:
        if not shelf.is_set:
            note(
                f"{shelf.destination}: the configuration does not name it any more, so nothing of it is sent"
            )
        if shelf.error:
            note(f"{shelf.destination}: {shelf.step}: {shelf.error}; {shelf.remedy}")
        for trouble in shelf.troubles[:_MOST_SHOWN]:
            note(
                f"{trouble.scan_id} ({trouble.kind}), {trouble.state}: {trouble.step}: {trouble.error}; "
                f"{trouble.remedy}"
            )
        if len(shelf.troubles) > _MOST_SHOWN:
            note("and others: see --json")
    for scan_id, why in list(seen.unmade.items())[:_MOST_SHOWN]:
        note(f"{scan_id}: no object could be made: {why}; `inboxray resend` tries again")
    if seen.paused:
        note(f"nothing new is made: {seen.paused}")
    if not seen.is_running and any(shelf.waits for shelf in seen.shelves):
        note("nothing is sent now: start `inboxray send`")


def _row(shelf: "Shelf") -> dict[str, Any]:
    since, next_at = (
        None if moment is None else datetime.fromtimestamp(moment, UTC)
        for moment in (shelf.waiting_since, shelf.next_at)
    )
    return {
        "destination": shelf.destination,
        "since": since,
        "failed at": shelf.step or None,
        "next try": next_at,
        **shelf.objects,
    }


def _check(seen: "Overview") -> None:
    """Refuse an outbox that does not empty itself."""
    from daemon.errors import DaemonAwayError

    reasons = [f"{shelf.destination}: {shelf.step}: {shelf.error}" for shelf in seen.shelves if shelf.error]
    refused = sum(shelf.objects["refused"] for shelf in seen.shelves)
    if refused:
        reasons.append(f"{counted(refused, 'object')} refused")
    if seen.unmade:
        reasons.append(f"of {counted(len(seen.unmade), 'scan')} no object could be made")
    if seen.paused:
        reasons.append(seen.paused)
    if not seen.is_running and any(shelf.waits for shelf in seen.shelves):
        reasons.append("nothing is sent now: start `inboxray send`")
    if reasons:
        raise DaemonAwayError("\n".join(reasons))
