"""`rehearse`: scans through a real archive and back, before it is done with one that counts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.network.rehearsal.rehearse import Rehearsed


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(rehearse)


@placed
def rehearse(
    places: Places,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="DICOM files to send; they are read only.", exists=True, dir_okay=False
        ),
    ] = None,
    *,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Instead: store test images of no patient, and their answers, in an archive of yours; its "
            "address as `send_to` has it. Without FILEs.",
        ),
    ] = None,
) -> None:
    """Send scans to an archive (Orthanc) and through it to the receiver, answer them, and store the answers.

    All of it runs in a folder and a network of its own, that has loopback alone, and is gone afterwards; no
    spool of yours is touched. What the archive gives out again is judged by programs of others (dcmtk,
    dicom3tools). Needs the Debian packages orthanc and dcmtk, and the right to `unshare --net`. Exits with 65
    where a file did not arrive bit by bit, or an object is not as it was sent, or not as it should be.

    With --against nothing of a patient is sent, and it says what to delete there afterwards.
    """
    if (against is None) == (not files):
        raise typer.BadParameter("give FILEs, or --against and none", param_hint="FILE")
    if against is not None:
        _against(places, against)
    else:
        _alone(files or [])


def _alone(files: list[Path]) -> None:
    from daemon.errors import BadDataError
    from daemon.network.rehearsal.objects_back import COLUMNS as OF_OBJECTS
    from daemon.network.rehearsal.rehearse import COLUMNS
    from daemon.network.rehearsal.rehearse import rehearse as run
    from model.extras import install_line

    note("rehearsing, which takes half a minute ...")
    found = run(files)
    _show(found.files, COLUMNS)
    if found.objects:
        _show(found.objects, OF_OBJECTS)
    if not found.has_results:
        note(f"the answers were not stored in the archive: {install_line('pacs')}")
    faults = [*found.failures, *_faults(found)]
    if faults:
        raise BadDataError("\n".join(faults))


def _faults(found: "Rehearsed") -> list[str]:
    """Say what the tables show that is not in order."""
    from daemon.network.rehearsal.objects_back import is_good
    from storage.vocabulary import DECISIONS

    faults = []
    lost = sum(not row["arrived"] for row in found.files)
    if lost:
        faults.append(
            f"{lost} of {len(found.files)} files did not arrive as they were sent: the table shows at which "
            "step. Of files with one SOP Instance UID an archive keeps the first"
        )
    bad = sum(not is_good(row) for row in found.objects)
    if bad:
        faults.append(
            f"{bad} of {len(found.objects)} objects did not come back as they should: the table shows what"
        )
    is_answered = any(row["answer"] in DECISIONS for row in found.files)
    if found.has_results and is_answered and not found.objects:
        faults.append("of what was answered no object was stored")
    return faults


def _against(places: Places, address: str) -> None:
    from daemon.errors import ConfigurationError, DaemonAwayError
    from daemon.network.rehearsal.rehearse import can_store_results
    from model.extras import install_line

    if not can_store_results():
        raise ConfigurationError(f"storing needs the extra `pacs`: {install_line('pacs')}")
    from daemon.network.rehearsal.against import COLUMNS, rehearse_against

    note("storing test images of no patient, and the answers to them ...")
    try:
        tried = rehearse_against(address, places.settings())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--against") from None
    _show(tried.objects, COLUMNS)
    note(
        f"delete there now: patient {tried.study.patient_id}, study {tried.study.study_instance_uid}; all "
        "that was stored is in it"
    )
    fine = ("confirmed", "unconfirmed")
    bad = [row for row in tried.objects if row["state"] not in fine or "error" in str(row["dciodvfy"])]
    if tried.failures or bad or not tried.objects:
        raise DaemonAwayError("\n".join(tried.failures) or "not all objects are there: the table shows which")


def _show(rows: "Sequence[dict[str, Any]]", columns: "Sequence[str]") -> None:
    write_rows([{name: _word(row[name]) for name in columns} for row in rows], columns, Format.TABLE)


def _word(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
