"""`rehearse`: scans through a real archive and the receiver, before it is done with a real one."""

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.output import Format, note, write_rows


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(rehearse)


def rehearse(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="DICOM files to send; they are read only.", exists=True, dir_okay=False
        ),
    ],
) -> None:
    """Send scans to an archive (Orthanc), let it forward them to the receiver, and answer them.

    All of it runs in a folder and a network of its own, that has loopback alone, and is gone afterwards; no
    spool of yours is touched. Needs the Debian packages orthanc and dcmtk, and the right to `unshare --net`.
    Exits with 65 where a file did not arrive bit by bit.
    """
    from daemon.errors import BadDataError
    from daemon.network.rehearsal.rehearse import COLUMNS
    from daemon.network.rehearsal.rehearse import rehearse as run

    note("rehearsing, which takes half a minute ...")
    rows = run(files)
    shown = [{name: _word(row[name]) for name in COLUMNS} for row in rows]
    write_rows(shown, COLUMNS, Format.TABLE)
    lost = sum(not row["arrived"] for row in rows)
    if lost:
        raise BadDataError(
            f"{lost} of {len(rows)} files did not arrive as they were sent: the table shows at which step. "
            "Of files with one SOP Instance UID an archive keeps the first"
        )


def _word(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
