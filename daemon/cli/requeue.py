"""`requeue`: answer scans again."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.arguments import completing, counted, known_word
from daemon.cli.audited import audited
from daemon.cli.named_scans import HELP, METAVAR, named_scans
from daemon.cli.options import Places, placed
from daemon.cli.output import note
from storage.vocabulary import CLASSIFIED, FAILED, FAILED_CODES, REJECTED, REJECTED_CODES

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from daemon.spool.audit import Fact
    from daemon.spool.folders import Spool
    from daemon.spool.requeue import Answered
    from storage.filters import Filters


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(requeue)


@placed
def requeue(
    places: Places,
    scan: Annotated[
        list[str] | None,
        typer.Argument(metavar=METAVAR, help=HELP),
    ] = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="All failed scans whose file is there.")] = False,
    code: Annotated[
        str | None,
        typer.Option(
            autocompletion=completing(FAILED_CODES + REJECTED_CODES),
            help="All with this error code, failed or rejected, whose file is there.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME@VERSION",
            help="All that this release answered, whose file is there: the one of now answers them.",
        ),
    ] = None,
    set_aside: Annotated[
        bool,
        typer.Option(
            "--set-aside",
            help="Claims beside which the daemon ended again and again: its next start tries them.",
        ),
    ] = False,
) -> None:
    """Put scans back into the inbox.

    Each becomes a new arrival, and its old row stays. Files of an archive that `backfill` answered are never
    moved: --failed, --code and --model leave them where they lie, and `backfill --again` answers them there.
    """
    from daemon.errors import MissingFileError
    from daemon.spool.folders import Spool
    from daemon.spool.names import encode_name
    from daemon.spool.requeue import ORIGINALS
    from daemon.spool.requeue import requeue as put_back

    if model is not None and (scan or failed or code is not None or set_aside):
        raise typer.BadParameter("it goes alone", param_hint="--model")
    code = _checked_code(scan, code, failed=failed or model is not None, set_aside=set_aside)
    settings = places.settings()
    if set_aside:
        with audited(settings, "requeue --set-aside", claims=0) as facts:
            _try_again(Spool(settings.spool), facts)
        return
    chosen = _named(settings, scan) if scan else _found(settings, _filters(code, model))
    originals = 0 if scan else sum(one.is_of_an_archive for one in chosen)
    if originals:  # of many they are left where they lie; one that is named is refused
        chosen = [one for one in chosen if not one.is_of_an_archive]
    gone: list[str] = []
    returned = 0
    with audited(settings, "requeue", scans=0) as facts:
        for one in chosen:
            try:
                path = put_back(Spool(settings.spool), one)
            except MissingFileError as error:
                gone.append(str(error))
            else:
                typer.echo(f"{one.scan_id}\tinbox/{encode_name(path)}")
                returned += 1
                facts["scans"] = returned
    note(f"back in the inbox: {returned} of {counted(len(chosen), 'scan')}")
    if originals:
        note(f"left where they lie, in archives: {originals}; {ORIGINALS}")
    if gone and not scan:
        note(f"without a file where their rows say: {len(gone)}, requeued or removed before")
    elif gone:
        raise MissingFileError("\n".join(gone))


def _try_again(spool: "Spool", facts: "dict[str, Fact]") -> None:
    """Let the next daemon take up the claims that were set aside; they stay where they are."""
    from daemon.errors import CannotCreateError, errno_name
    from daemon.spool.attempts import claims_set_aside, note_another_try

    claims = claims_set_aside(spool)
    for tried, claim in enumerate(claims, start=1):
        try:
            note_another_try(claim)
        except OSError as error:
            raise CannotCreateError(
                f"the note of claim {claim.scan_id} cannot be written: {errno_name(error)}; run this as the "
                "daemon's user"
            ) from None
        typer.echo(claim.scan_id)
        facts["claims"] = tried
    note(f"taken up by the next start of the daemon: {counted(len(claims), 'claim')}")


def _checked_code(scan: list[str] | None, code: str | None, *, failed: bool, set_aside: bool) -> str | None:
    chosen = failed or code is not None
    if set_aside and (scan or chosen):
        raise typer.BadParameter("it goes alone", param_hint="--set-aside")
    if scan and chosen:
        raise typer.BadParameter("give either scans, or --failed or --code, not both", param_hint=METAVAR)
    if not (scan or chosen or set_aside):
        raise typer.BadParameter(
            "give scans, or --failed for all failed ones, or --code for all with that code, or --model for "
            "all that a release answered",
            param_hint=METAVAR,
        )
    word = known_word("--code", code, FAILED_CODES + REJECTED_CODES)
    if failed and word in REJECTED_CODES:
        raise typer.BadParameter(f"no failed scan is {word}: leave out --failed", param_hint="--code")
    return word


def _named(settings: "Settings", scans: list[str]) -> "list[Answered]":
    from daemon.spool.requeue import Answered

    rows = [detail.scan for detail in named_scans(settings, scans)]
    return [Answered(row["scan_id"], row["source_name"], row["stored_path"]) for row in rows]


def _filters(code: str | None, model: str | None) -> "Filters":
    from storage.filters import Filters

    if model is not None:
        return Filters(outcome=CLASSIFIED, model=model, only_current=True)
    return Filters(outcome=REJECTED if code in REJECTED_CODES else FAILED, error_code=code)


def _found(settings: "Settings", filters: "Filters") -> "list[Answered]":
    from daemon.cli.open_results import reading
    from daemon.spool.requeue import Answered
    from storage.queries import results

    with reading(settings) as engine, closing(results(engine, filters)) as rows:
        return [
            Answered(row["scan_id"], row["source_name"], row["stored_path"])
            for row in rows
            if filters.model in {None, row["model"]}  # the filter takes a part for the whole
        ]
