"""`report`: one page with pictures that needs no server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.filter_options import filtered
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note
from daemon.cli.progress import tracked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from daemon.settings.fields import Settings
    from daemon.web.report import Drawn, Report
    from storage.filters import Filters


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(report)


@placed
@filtered
def report(
    places: Places,
    filters: "Filters",
    *,
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="FILE", help="The .html file; replaced as a whole, for its owner alone."
        ),
    ],
    most: Annotated[
        int, typer.Option("--most", min=0, metavar="N", help="Pictures of at most so many scans; 0: none.")
    ] = 200,
    without_identifiers: Annotated[
        bool,
        typer.Option(
            "--without-identifiers",
            help="Without identifiers, names of files and stations, whatever the setting.",
        ),
    ] = False,
) -> None:
    """Write one page with pictures, heat maps, figures and a table, for mail and archives.

    It needs no server and no net: a day (--since, --until), a study (--study), or any other choice, the most
    suspicious scans first. Of identifiers it shows what the setting `identifiers` lets in now; what is burnt
    into a picture is not taken out: --most 0 leaves all pictures out. Beyond 5,000 rows the table says how
    many it leaves out, as the pictures do beyond --most. Needs the extra `page`.
    """
    from daemon.errors import ConfigurationError
    from model.extras import install_line
    from storage.export import opened, write_errors

    if Path(out).suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter("a report is a page: give a file that ends in .html", param_hint="--out")
    settings = places.settings()
    with audited(settings, "report") as facts:
        try:
            made = _make(settings, filters, most, without_identifiers=without_identifiers)
        except ImportError as error:
            raise ConfigurationError(
                f"a report needs {error.name}, which is not installed: {install_line('page')}"
            ) from None
        with write_errors(), opened(Path(out), None) as stream:
            stream.write(made.html.encode("utf-8", "backslashreplace"))
        facts["scans"], facts["pictures"] = made.scans, made.pictures
    held = "" if without_identifiers else f"; {out} holds what the database holds of patients"
    note(f"{counted(made.scans, 'scan')}, {counted(made.pictures, 'picture')}{held}")
    if made.rows < made.scans:
        note(f"the table has the {made.rows} most suspicious; `inboxray export` writes all")


def _make(settings: "Settings", filters: "Filters", most: int, *, without_identifiers: bool) -> "Report":
    from daemon.cli.open_results import reading
    from daemon.decoding.from_settings import open_pool
    from daemon.spool.folders import Spool
    from daemon.web.drawings import Drawings
    from daemon.web.report import Wanted, make_report

    shown = "drop" if without_identifiers else settings.identifiers
    spool = Spool(settings.spool)
    with reading(settings) as engine, open_pool(settings) as pool:
        return make_report(
            engine,
            Drawings(spool, pool),
            Wanted(filters, shown, most, datetime.now(UTC)),
            pool.workers,
            _watched,
        )


def _watched(drawn: "Iterable[Drawn]", total: int) -> "Iterable[Drawn]":
    return tracked(drawn, total, "drawing", Format.TABLE)
