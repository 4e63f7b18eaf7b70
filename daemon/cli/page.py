"""`page`: the answers in a browser."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from daemon.web.reviewing import AddReview
    from storage.engine import Engine

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(page)


@placed
def page(
    places: Places,
    *,
    listen: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen: on this machine's loopback; elsewhere with a token only.",
        ),
    ] = "127.0.0.1:8070",
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name under which a web server before it is asked; repeatable."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", readable=False, help="Ask each reader for the token in this file, as a password."
        ),
    ] = None,
    reviewer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Let readers review answers, in this name: for a page of one person."
        ),
    ] = None,
    reviewer_header: Annotated[
        str | None,
        typer.Option(
            metavar="HEADER",
            help="Let readers review, each in the name that the web server before it puts into this header.",
        ),
    ] = None,
) -> None:
    """Show the answers in a browser: the worklist, each scan with its heat map, figures.

    It changes nothing; with --reviewer or --reviewer-header it adds reviews, as `review` does, and needs the
    right to write to the database. Needs the extra `page`. Readers see what the database holds of patients.
    """
    if reviewer is not None and reviewer_header is not None:
        raise typer.BadParameter("give one of the two", param_hint="--reviewer, --reviewer-header")
    if reviewer is not None and not reviewer.strip():
        raise typer.BadParameter("a name is wanted", param_hint="--reviewer")
    if reviewer_header is not None and not _HEADER_NAME.fullmatch(reviewer_header):
        raise typer.BadParameter("that is no name of an HTTP header", param_hint="--reviewer-header")
    _refuse_without_packages()
    from daemon.web.serve import listen_at
    from daemon.web.token import read_token

    place = listen_at(listen, asks_for_token=token_file is not None)
    token = None if token_file is None else read_token(token_file)
    settings = places.settings()
    _show(settings, place, names(place[0], host or []), token, (reviewer, reviewer_header))


def _refuse_without_packages() -> None:
    from daemon.errors import ConfigurationError
    from model.extras import install_line

    try:
        import daemon.web.app
        import daemon.web.serve  # noqa: F401 -- whether they can be imported
    except ImportError as error:
        raise ConfigurationError(
            f"the page needs {error.name}, which is not installed: {install_line('page')}"
        ) from None


def _show(
    settings: "Settings",
    place: tuple[str, int],
    hosts: frozenset[str],
    token: bytes | None,
    reviewers: tuple[str | None, str | None],
) -> None:
    """Open what the page shows, and serve it."""
    from daemon import logs
    from daemon.cli.open_results import reading, writing
    from daemon.decoding.from_settings import open_pool
    from daemon.spool.folders import Spool
    from daemon.web.app import make_app
    from daemon.web.drawings import Drawings
    from daemon.web.reviewing import Reviewing
    from daemon.web.serve import is_loopback, serve
    from daemon.web.token import TokenGate

    takes_reviews = reviewers != (None, None)
    with ExitStack() as opened:
        engine = opened.enter_context(reading(settings))
        reviewing = None
        if takes_reviews:  # by an engine of its own: on SQLite each of its transactions takes the write lock
            adding = _adding(settings, opened.enter_context(writing(settings)))
            reviewing = Reviewing(engine, adding, *reviewers)
        pool = opened.enter_context(open_pool(settings))
        spool = Spool(settings.spool)
        app = make_app(engine, spool, Drawings(spool, pool), hosts, reviewing=reviewing)
        if token is not None:
            app = TokenGate(app, token)
        pool.warm_up(lambda _: None)
        if not is_loopback(place[0]):
            note("what it shows crosses the network unencrypted: a web server before it can do better")
        at = _in_address(place[0])
        logs.configure(settings.log_level, settings.log_format)  # of a process that serves
        serve(app, *place, lambda port: note(f"the page is at http://{at}:{port}; Ctrl-C ends it"))


def _adding(settings: "Settings", engine: "Engine") -> "AddReview":
    """Return what records a review from the page, with a line in the audit trail."""
    from daemon.cli.audited import audited
    from storage.reviews import add_review

    def add(scan_id: str, verdict: str, reviewer: str, remark: str | None) -> None:
        with audited(settings, "review", scans=0) as facts:
            add_review(engine, scan_id, verdict, reviewer, remark)
            facts["scans"] = 1

    return add


def names(address: str, given: list[str]) -> frozenset[str]:
    """Say under which names the page answers, besides those of loopback.

    Parameters
    ----------
    address : str
        Where it listens.
    given : list of str
        By ``--host``.

    Returns
    -------
    frozenset of str
        As they stand in the header Host, small letters.
    """
    return frozenset(name.lower() for name in (_in_address(address), *given))


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
