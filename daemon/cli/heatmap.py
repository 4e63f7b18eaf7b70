"""`heatmap`: what raised the score of scans that were answered."""

import os
from typing import Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.named_scans import HELP, METAVAR, named_scans
from daemon.cli.options import Places, placed
from daemon.cli.output import note


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(heatmap)


@placed
def heatmap(
    places: Places,
    scan: Annotated[list[str], typer.Argument(metavar=METAVAR, help=HELP)],
    *,
    out: Annotated[str, typer.Option(metavar="DIR", help="Where the PNGs go; made if missing.")],
) -> None:
    """Draw what raised the score over scans that were answered.

    From the map that the row holds and the file in done/: no network runs, so it shows what was answered,
    also after the model has changed. It need not be a fracture. A frame that was abstained is drawn too, and
    its legend says so. Prints the path of each picture.
    """
    from daemon.decoding.from_settings import open_pool
    from daemon.errors import DaemonError
    from daemon.files.convert import work_folder
    from daemon.files.stored_maps import draw_stored_maps
    from daemon.spool.folders import Spool
    from daemon.spool.names import encode_name

    settings = places.settings()
    details = named_scans(settings, scan)
    drawn = 0
    refused: list[DaemonError] = []
    with work_folder(out) as work, open_pool(settings) as pool:
        for detail in details:
            try:
                pictures = draw_stored_maps(detail, Spool(settings.spool), pool, os.fsencode(out), work)
            except DaemonError as error:
                refused.append(error)
                continue
            for picture in pictures:
                typer.echo(encode_name(picture))
            drawn += len(pictures)
    note(f"{counted(drawn, 'heat map')} drawn, in {out}")
    for one in refused[:-1]:
        note(str(one))
    if refused:
        raise refused[-1]
