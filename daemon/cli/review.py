"""`review`: what a person says of answers, and what all reviews together say of the network."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.named_scans import HELP, METAVAR, named_scans
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_json, write_rows
from storage.vocabulary import AGREE, DISAGREE, MAX_NOTE, UNSURE

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from storage.review_figures import ReviewFigures
    from storage.shares import Share

COUNTS: Final = (
    *("true_fractured", "false_fractured", "true_not_fractured", "false_not_fractured"),
    *("unsure", "uncertain", "abstained"),
)
SHARES: Final = ("sensitivity", "specificity", "ppv")
_TABLE: Final = ("scans of", "reviewed", *SHARES, *COUNTS[-3:])
_VERDICTS: Final = "--agree, --disagree or --unsure"


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(review)


@placed
def review(
    places: Places,
    scan: Annotated[list[str] | None, typer.Argument(metavar=METAVAR, help=HELP)] = None,
    *,
    agree: Annotated[bool, typer.Option("--agree", help="The decision is right.")] = False,
    disagree: Annotated[bool, typer.Option("--disagree", help="The decision is wrong.")] = False,
    unsure: Annotated[bool, typer.Option("--unsure", help="It cannot be known from the picture.")] = False,
    remark: Annotated[
        str | None,
        typer.Option("--note", metavar="TEXT", help="A remark. It is kept as typed: name no patient in it."),
    ] = None,
    reviewer: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Who reviews; without, the user who is logged in."),
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Show what all reviews say of the answers, and add none.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="With --figures, print them as JSON.")] = False,
) -> None:
    """Agree or disagree with answers, as a person who looked at the pictures.

    A review is added beside the answer and changes nothing; of several the newest counts, and `explain`
    shows all.

    --figures: sensitivity, specificity and positive predictive value (ppv) of what was reviewed, with
    Wilson's 95 % intervals, in all, by device and by region. Scans that were requeued and answered again do
    not count. Reviews of uncertain and abstained answers, and unsure ones, are counted apart: they are in no
    share.
    """
    given = [(AGREE, agree), (DISAGREE, disagree), (UNSURE, unsure)]
    verdicts = [verdict for verdict, is_given in given if is_given]
    _refuse_contradictions(scan or [], verdicts, (remark, reviewer), figures=figures, json=json)
    settings = places.settings()
    if figures:
        _show(settings, json=json)
    else:
        _add(settings, scan or [], verdicts[0], reviewer, remark)


def _refuse_contradictions(
    scans: list[str], verdicts: list[str], texts: tuple[str | None, ...], *, figures: bool, json: bool
) -> None:
    if figures and (scans or verdicts or any(text is not None for text in texts)):
        raise typer.BadParameter("it goes without scans and verdicts", param_hint="--figures")
    if figures:
        return
    if json:
        raise typer.BadParameter("it goes with --figures", param_hint="--json")
    if not scans:
        raise typer.BadParameter(f"give scans and {_VERDICTS}, or --figures", param_hint=METAVAR)
    if len(verdicts) != 1:
        raise typer.BadParameter(f"give one of {_VERDICTS}", param_hint="--agree")
    if len(texts[0] or "") > MAX_NOTE:
        raise typer.BadParameter(f"at most {MAX_NOTE} characters", param_hint="--note")
    if texts[1] is not None and not texts[1].strip():
        raise typer.BadParameter("a name is wanted", param_hint="--as")


def _add(
    settings: "Settings", scans: list[str], verdict: str, reviewer: str | None, remark: str | None
) -> None:
    from daemon.cli.open_results import writing
    from daemon.spool.audit import acting_user
    from storage.reviews import add_reviews

    user, sudo_user = acting_user()
    named = [detail.scan["scan_id"] for detail in named_scans(settings, scans)]
    with writing(settings) as engine, audited(settings, "review", scans=0) as facts:
        add_reviews(engine, named, verdict, reviewer or sudo_user or user, remark)
        facts["scans"] = len(named)
    for scan_id in named:
        typer.echo(f"{scan_id}\t{verdict}")
    note(f"{counted(len(named), 'scan')} reviewed")


def _show(settings: "Settings", *, json: bool) -> None:
    from daemon.cli.open_results import reading
    from storage.review_figures import review_figures

    with reading(settings) as engine:
        found = review_figures(engine)
    if json:
        write_json([_as_mapping(one) for one in found])
        return
    write_rows((_line(one) for one in found), _TABLE, Format.TABLE)
    note(
        f"{counted(found[0].reviewed, 'scan')} reviewed. Shares hold for these; for all scans only if these "
        "were drawn without a look at their answers"
    )


def _as_mapping(one: "ReviewFigures") -> dict[str, Any]:
    from dataclasses import asdict

    shares = {name: getattr(one, name) for name in SHARES}
    return {
        **{name: getattr(one, name) for name in ("by", "group", "name", "reviewed", *COUNTS)},
        **{name: None if found is None else asdict(found) for name, found in shares.items()},
    }


def _line(one: "ReviewFigures") -> dict[str, Any]:
    group = "all" if one.by == "all" else f"{one.by} {one.name or one.group or 'not known'}"
    return {
        "scans of": group,
        "reviewed": one.reviewed,
        **{name: _share(getattr(one, name)) for name in SHARES},
        **{name: getattr(one, name) for name in COUNTS[-3:]},
    }


def _share(found: "Share | None") -> str | None:
    """Write a share with its interval and what it is of, such as ``0.67 (0.21-0.94) 2/3``."""
    if found is None:
        return None
    return f"{found.value:.2f} ({found.low:.2f}-{found.high:.2f}) {found.hits}/{found.count}"
