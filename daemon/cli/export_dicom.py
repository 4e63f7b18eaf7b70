"""`export-dicom`: scans and their answers for research, without what says whose they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.filter_options import filtered
from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from daemon.network.sharing.export_dicom import Shared
    from storage.filters import Filters

_KINDS = ("sr", "sc", "gsps")
_NONE = "none"
_REASONS = {
    "not_classified": "without an answer",
    "no_dicom": "no DICOM file",
    "file_gone": "the file is not where its row says",
    "file_changed": "the file is another one now",
    "instance_is_there": "another scan of the same instance lies there",
}


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command("export-dicom")(export_dicom)


@placed
@filtered
def export_dicom(
    places: Places,
    filters: "Filters",
    *,
    out: Annotated[str, typer.Option(metavar="DIR", help="The folder that is given away; made if missing.")],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The secret of the pseudonyms, made if missing; by default one in the spool. Keep it, and "
            "never give it away.",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND", help="Objects beside each scan: sr, sc, gsps (without: all), or none; repeatable."
        ),
    ] = None,
    burned_in: Annotated[
        bool,
        typer.Option("--burned-in", help="Take along pictures that may have text in them; look at each."),
    ] = False,
) -> None:
    """Export scans with their answers for research, de-identified by the Basic Profile of DICOM (PS3.15 E).

    UIDs and patient ids become pseudonyms by a secret key, the same in each export; dates and times are
    moved, those of each patient by as much. Elements that are not known to be safe are removed, private ones
    too. Pixels stay as they are: they are not searched for text. Given again after a stop, it goes on.
    """
    from daemon.cli.open_results import reading
    from daemon.network.sharing.export_dicom import export_dicom as export

    kinds = _chosen(kind)
    settings = places.settings()
    with reading(settings) as engine, audited(settings, "export-dicom") as facts:
        shared = export(settings, engine, filters, Path(out), kinds, key=key, takes_signs=burned_in)
        facts["scans"] = shared.made
    _report(shared, out)


def _chosen(kind: list[str] | None) -> tuple[str, ...]:
    chosen = tuple(one.strip().lower() for one in kind or _KINDS)
    if chosen == (_NONE,):
        return ()
    if any(one not in _KINDS for one in chosen):
        raise typer.BadParameter("sr, sc or gsps is wanted, or none alone", param_hint="--kind")
    return tuple(one for one in _KINDS if one in chosen)


def _report(shared: "Shared", out: str) -> None:
    from model.deidentification.burned_in import SIGNS

    if shared.new_key is not None:
        note(f"a new key was made, {shared.new_key}: without it no later export has the same pseudonyms")
    note(
        f"{counted(shared.made, 'scan')} exported, {shared.there} lay there already; {out} has "
        f"{counted(shared.in_folder, 'scan')}, named in manifest.csv"
    )
    for reason, count in sorted(shared.skipped.items()):
        words = [SIGNS.get(one) or _REASONS.get(one, one) for one in reason.split(";")]
        note(f"left out: {counted(count, 'scan')}: {'; '.join(words)}")
    if any(one in SIGNS for reason in shared.skipped for one in reason.split(";")):
        note("those with signs of text in the picture go along with --burned-in: look at each of them before")
