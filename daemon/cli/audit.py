"""`audit`: who had what done with scans and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.arguments import counted, parse_time
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows

if TYPE_CHECKING:
    from daemon.spool.audit import Act

COLUMNS = ("at", "user", "sudo_user", "command", "outcome", "facts")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(audit)


@placed
def audit(
    places: Places,
    *,
    since: Annotated[
        datetime | None,
        typer.Option("--since", parser=parse_time, metavar="TIME", help="Ended at this time or later."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """Show who had what done with scans and answers.

    Requeues, reviews, exports, copies, restores, removals by the daemon, and choices of the model: when, by
    whom, how it ended, and how many. The file .audit.jsonl in the spool holds it.
    """
    from daemon.spool.audit import acts
    from daemon.spool.folders import Spool

    found = list(acts(Spool(places.settings().spool)))
    known = [act for act in found if act is not None and (since is None or act.at >= since)]
    write_rows([_row(act, form) for act in known], COLUMNS, form)
    if None in found:
        note(f"{counted(found.count(None), 'line')} of the file cannot be read: it was cut short or changed")


def _row(act: "Act", form: Format) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(act, name) for name in COLUMNS}
    if form is not Format.JSON:
        row["facts"] = ", ".join(f"{name} {value}" for name, value in act.facts.items())
    return row
