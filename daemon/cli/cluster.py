"""`cluster`: the scheduler and the workers of a cluster, and their certificates."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from daemon.execution.dask.security import Security
    from daemon.settings.fields import Settings

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_LISTEN: Final = "127.0.0.1:8786"

app = typer.Typer(
    help="Decode and classify on several machines: certificates, a scheduler, workers.", no_args_is_help=True
)


@app.command()
@placed
def scheduler(
    places: Places,
    *,
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS:PORT", help="Where it listens; port 0 takes a free one.")
    ] = _LISTEN,
    dashboard: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Dask's own pages, on 127.0.0.1 at this port."),
    ] = None,
) -> None:
    """Be the scheduler of a cluster, until SIGTERM or Ctrl-C.

    It knows workers and daemons, and passes no pixels. With the settings dask_ca_file, dask_certificate_file
    and dask_key_file it lets no one in without a certificate of that authority; without them it listens on
    loopback alone. One is enough, and it keeps nothing: after its end the daemons hand over anew what had no
    answer. Needs the extra `cluster`.
    """
    _refuse_without_packages()
    from daemon.execution.dask.processes import run_scheduler

    settings = places.settings()
    host, port = _split(listen)
    scheme = "tcp" if settings.dask_ca_file is None else "tls"
    security = _security(settings, f"{scheme}://{host or 'none'}:{port or 1}")
    run_scheduler(
        host,
        port,
        security,
        None if dashboard is None else f"127.0.0.1:{dashboard}",
        lambda address: note(f"the scheduler is at {address}; Ctrl-C ends it"),
    )


@app.command()
@placed
def worker(
    places: Places,
    *,
    threads: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Files at once; without, one a core.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How it is called in status.")] = None,
    listen: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Where daemons reach it; without, the way to the scheduler."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keeps releases that it fetched.")
    ] = None,
    up_to: Annotated[
        int | None, typer.Option(min=1, max=256, help="Workers of this machine, by the files that wait.")
    ] = None,
    scratch: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Holds files that are sent to it, while they last.")
    ] = None,
) -> None:
    """Be a worker of the cluster whose scheduler the setting dask_scheduler names, until SIGTERM or Ctrl-C.

    With --up-to it starts workers as processes of their own, one while nothing is to be done and so many as
    files wait for; one that is not needed for a minute finishes what it has and ends.

    It decodes each file in a child that can do nothing else, as the daemon does, and classifies it. It needs
    no database and no spool: if it can read the spool it is given paths, else the files themselves. Limits
    and the release are those of the daemon that asks. Needs the extra `cluster`.
    """
    _refuse_without_packages()
    from daemon.errors import ConfigurationError
    from daemon.execution.dask.processes import run_worker

    settings = places.settings()
    address = settings.dask_scheduler
    if address is None:
        raise ConfigurationError("name the scheduler by the setting dask_scheduler, such as tls://HOST:8786")
    if up_to is not None:
        _crew(address, _security(settings, address), up_to, threads or len(os.sched_getaffinity(0)), name)
        return
    base = Path(os.environ.get("CACHE_DIRECTORY") or Path.home() / ".cache" / "inboxray")
    run_worker(
        address,
        _security(settings, address),
        name=name,
        host=listen,
        threads=threads or len(os.sched_getaffinity(0)),
        cache=cache or base / "releases",
        scratch=scratch or base / "scratch",
        announce=lambda at: note(f"this worker is at {at}, and the scheduler at {address} knows it"),
        on_trouble=lambda why: note(
            f"this worker cannot join the scheduler at {address}, and tries again: {why}"
        ),
    )


def _crew(address: str, security: "Security | None", most: int, threads: int, name: str | None) -> None:
    """Be workers by the files that wait, each started as this command was, without --up-to."""
    from daemon.execution.dask.crew import Crew, Size
    from daemon.execution.dask.listening import Listening
    from daemon.shutdown import Shutdown

    words = list(sys.argv[1:])
    place = next(number for number, word in enumerate(words) if word.split("=")[0] == "--up-to")
    del words[place : place + (1 if "=" in words[place] else 2)]

    def start(number: int) -> "subprocess.Popen[bytes]":
        own = [] if name is None else ["--name", f"{name}-{number}"]  # the last one counts
        return subprocess.Popen([sys.executable, "-m", "daemon", *words, *own])  # noqa: S603 -- this command

    shutdown = Shutdown()
    with shutdown.on_signals():
        crew = Crew(Size(1, most, 2 * threads), Listening(address, security).files, start)
        note(f"one to {most} workers of {threads} threads join the scheduler at {address}")
        crew.serve(shutdown.stop)


@app.command()
def certificates(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="A name for each machine, such as scheduler ward-1."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where they are put.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="For which they hold.")] = 730,
) -> None:
    """Make certificates for the machines of a cluster, and the authority that signs them.

    Copy NAME.pem, NAME-key.pem and ca.pem to the machine, and name them in the settings
    dask_certificate_file, dask_key_file and dask_ca_file. Keep ca-key.pem to yourself: who has it
    can join. Called again with other names it uses the authority that is there. Needs the extra `cluster`.
    """
    _refuse_without_packages()
    from daemon.execution.dask.certificates import AUTHORITY, make_certificates

    for one in names:
        if _NAME.fullmatch(one) is None or one == AUTHORITY or one.endswith("-key"):
            raise typer.BadParameter(f"{one!r} is no name for a file of its own", param_hint="NAME")
    if len(set(names)) < len(names):
        raise typer.BadParameter("a name stands there twice", param_hint="NAME")
    for path in make_certificates(out, names, days):
        typer.echo(path)


def _split(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and int(port[:9]) < 1 << 16):
        raise typer.BadParameter("give ADDRESS:PORT, such as 127.0.0.1:8786", param_hint="--listen")
    return host.strip("[]"), int(port)


def _security(settings: "Settings", address: str) -> "Security | None":
    from daemon.execution.dask.security import security_for

    return security_for(
        address, settings.dask_ca_file, settings.dask_certificate_file, settings.dask_key_file
    )


def _refuse_without_packages() -> None:
    from daemon.errors import ConfigurationError
    from model.extras import install_line

    try:
        import daemon.execution.dask.certificates
        import daemon.execution.dask.processes  # noqa: F401 -- whether they can be imported
    except ImportError as error:
        raise ConfigurationError(
            f"a cluster needs {error.name}, which is not installed: {install_line('cluster')}"
        ) from None
