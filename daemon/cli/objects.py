"""`objects`: the answers of scans as DICOM files for an archive."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.named_scans import HELP, METAVAR, named_scans
from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from model.dicom_results.made_object import MadeObject

_KINDS = ("sr", "sc", "gsps")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(objects)


@placed
def objects(
    places: Places,
    scan: Annotated[list[str], typer.Argument(metavar=METAVAR, help=HELP)],
    *,
    out: Annotated[str, typer.Option(metavar="DIR", help="Where the files go; made if missing.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="sr (structured report), sc (secondary capture) or gsps (presentation state); may be given "
            "several times; without, those of the setting dicom_results, else all.",
        ),
    ] = None,
) -> None:
    """Write the answers of scans as DICOM objects, as an archive gets them.

    From the row and the file in done/: no network runs. Files are named by their kind and SOP Instance UID;
    written again, they have the same name and the same bytes. They name the patient, as the scan does. Prints
    the path of each file.
    """
    from daemon.cli.open_results import reading
    from daemon.errors import DaemonError
    from daemon.network.objects import open_maker

    kinds = _chosen(kind)
    settings = places.settings()
    details = named_scans(settings, scan)
    folder = _made(out)
    written = 0
    refused: list[DaemonError] = []
    with reading(settings) as engine, open_maker(settings, engine) as maker:
        for detail in details:
            try:
                made = maker.of(detail.scan["scan_id"], kinds or settings.dicom_results or _KINDS)
            except DaemonError as error:
                refused.append(error)
                continue
            for one in made:
                typer.echo(_write(folder, one))
            written += len(made)
    note(f"{counted(written, 'object')} written, in {out}")
    for one_refused in refused[:-1]:
        note(str(one_refused))
    if refused:
        raise refused[-1]


def _chosen(kinds: list[str] | None) -> tuple[str, ...]:
    chosen = tuple(one.strip().lower() for one in kinds or ())
    if any(one not in _KINDS for one in chosen):
        raise typer.BadParameter("sr, sc or gsps is wanted", param_hint="--kind")
    return chosen


def _made(out: str) -> Path:
    from daemon.errors import CannotCreateError, errno_name

    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(f"the folder of --out cannot be made ({errno_name(error)})") from None
    return folder


def _write(folder: Path, made: "MadeObject") -> str:
    from daemon.errors import CannotCreateError, errno_name
    from storage.durable.replace import Synced, replace_file

    path = folder / f"{made.kind}-{made.sop_instance_uid}.dcm"
    try:
        replace_file(path, made.content, Synced.CONTENT)
    except OSError as error:
        raise CannotCreateError(f"the folder of --out takes no file ({errno_name(error)})") from None
    return str(path)
