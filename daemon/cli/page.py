"""`page`: the answers in a browser."""

from typing import Annotated

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import note


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
        str, typer.Option(metavar="ADDRESS", help="Where to listen: an address of this machine's loopback.")
    ] = "127.0.0.1:8070",
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name under which a web server before it is asked; repeatable."),
    ] = None,
) -> None:
    """Show the answers in a browser: the worklist, each scan with its heat map, figures. Changes nothing.

    Needs the extra `page`. Readers see what the database holds of patients.
    """
    from daemon.errors import ConfigurationError
    from model.extras import install_line

    try:
        from daemon.web.app import make_app
        from daemon.web.serve import listen_at, serve
    except ImportError as error:
        raise ConfigurationError(
            f"the page needs {error.name}, which is not installed: {install_line('page')}"
        ) from None
    from daemon.cli.open_results import reading
    from daemon.decoding.from_settings import open_pool
    from daemon.spool.folders import Spool
    from daemon.web.drawings import Drawings

    address, port = listen_at(listen)
    settings = places.settings()
    with reading(settings) as engine, open_pool(settings) as pool:
        spool = Spool(settings.spool)
        app = make_app(engine, spool, Drawings(spool, pool), frozenset(name.lower() for name in host or ()))
        pool.warm_up(lambda _: None)
        note(f"the page is at http://{listen}; Ctrl-C ends it")
        serve(app, address, port)
