"""`resend`: results once more to archives."""

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.named_scans import HELP, METAVAR, named_scans
from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from daemon.network.sending.outbox import Outbox
    from daemon.network.sending.resending import Resent
    from daemon.settings.fields import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(resend)


@placed
def resend(
    places: Places,
    scan: Annotated[list[str] | None, typer.Argument(metavar=METAVAR, help=HELP)] = None,
    *,
    refused: Annotated[
        bool, typer.Option("--refused", help="All that was refused, or could not be made.")
    ] = False,
    all_of: Annotated[
        str | None,
        typer.Option(
            metavar="DESTINATION",
            help="All answers that the database holds, to this one of the addresses in `send_to`.",
        ),
    ] = None,
) -> None:
    """Send results again: `inboxray send` does it, at once or when it runs next.

    An object that is sent twice has the same UIDs and the same bytes.
    """
    if (bool(scan), refused, all_of is not None).count(True) != 1:
        raise typer.BadParameter("give scans, or --refused, or --all-of", param_hint=METAVAR)
    from daemon.network.sending.outbox import FOLDER, Outbox

    settings = places.settings()
    outbox = Outbox(settings.spool / FOLDER)
    with audited(settings, "resend", objects=0, scans=0) as facts:
        resent = _resend(settings, outbox, scan or [], all_of)
        facts["objects"], facts["scans"] = resent.objects, resent.scans
    note(f"to be sent again: {counted(resent.objects, 'object')} of the outbox")
    if all_of is not None:
        note("and those of all other answers, which are made now")
    elif resent.scans:
        note(f"and what the outbox does not hold of {counted(resent.scans, 'scan')}")
    if not outbox.is_held():
        note("nothing is sent now: start `inboxray send`")


def _resend(settings: "Settings", outbox: "Outbox", scans: list[str], all_of: str | None) -> "Resent":
    from daemon.network.sending.resending import resend_all, resend_refused, resend_scans
    from daemon.settings.destinations import parse_destination
    from daemon.settings.sent_to import archives, notified

    if all_of is not None and all_of not in settings.send_to:
        known = ", ".join(settings.send_to) or "it names none"
        raise typer.BadParameter(f"`send_to` does not name it; it names: {known}", param_hint="--all-of")
    scan_ids = [detail.scan["scan_id"] for detail in named_scans(settings, scans)] if scans else []
    outbox.root.mkdir(mode=0o700, exist_ok=True)
    if all_of is not None:
        return resend_all(outbox.folder(parse_destination(all_of)))
    folders = [outbox.folder(one) for one in (*archives(settings), *notified(settings))]
    if scan_ids:
        return resend_scans(outbox, folders, scan_ids)
    return resend_refused(outbox, folders)
