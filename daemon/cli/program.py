"""The program `inboxray`: its commands."""

import sys
from functools import cache
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from daemon.cli.called import PROGRAM
from daemon.cli.completion import let_shells_ask
from daemon.cli.endings import INTERRUPTED, guarded, point_at_nothing
from daemon.cli.options import ConfigOption, DatabaseOption, Places, SpoolOption

_DAEMON_COMMANDS: Final = frozenset({"run", "once"})
"""Those of `daemon.cli.run`, which import no other command: a start is waited for."""


class _Commands(TyperGroup):
    """The commands, with a closed pipe as a good end: the reader has seen enough.

    The group of the daemon's own commands knows the others as well, and imports them if it is asked for one.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was asked for."""
        return TyperGroup.resolve_command(self._group_of(args[0]), ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """List all commands."""
        return TyperGroup.list_commands(command(), ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name."""
        return TyperGroup.get_command(self._group_of(cmd_name), ctx, cmd_name)

    def _group_of(self, name: str) -> Any:
        return self if name in self.commands else command()

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            point_at_nothing(sys.stdout)
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        return result


def _print_version(value: bool) -> None:  # noqa: FBT001 -- Typer calls it so
    if value:
        from importlib.metadata import version

        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


def _start(
    context: typer.Context,
    *,
    config: ConfigOption = None,
    spool: SpoolOption = None,
    database_url: DatabaseOption = None,
    version: Annotated[  # noqa: ARG001 -- its callback did it
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Drop X-ray files into a folder; each gets exactly one lasting answer.

    Settings come from a TOML file, then from variables INBOXRAY_<SETTING>, then from options.
    """
    context.obj = Places(config, spool, database_url)


def _program() -> typer.Typer:
    made = typer.Typer(
        cls=_Commands,
        name=PROGRAM,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_start)
    return made


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        Those after the program's name; without, the process's own.
    """
    let_shells_ask()
    words = sys.argv[1:] if arguments is None else arguments
    of = _daemon_alone if _DAEMON_COMMANDS.intersection(words) else command
    guarded(lambda: of()(args=arguments, prog_name=PROGRAM))


@cache
def command() -> Any:
    """Return what Typer makes of all commands, which takes longer than most of them: made once a process.

    Returns
    -------
    typer.core.TyperGroup
        It is called as Click's.
    """
    return typer.main.get_command(app())


@cache
def app() -> typer.Typer:
    """Return the program with all its commands.

    Returns
    -------
    typer.Typer
    """
    from daemon.cli import (
        audit,
        backfill,
        classify,
        cluster,
        completion,
        config,
        convert,
        database,
        devices,
        drift,
        explain,
        export,
        export_dicom,
        heatmap,
        install_service,
        man,
        model,
        objects,
        outbox,
        page,
        receive,
        rehearse,
        report,
        requeue,
        resend,
        results,
        review,
        run,
        schedule,
        send,
        soak,
        status,
    )

    made = _program()
    for family in (run, receive, classify, convert, results, page, report, export, explain, heatmap, objects):
        family.add_to(made)
    for family in (
        export_dicom,
        backfill,
        review,
        requeue,
        status,
        send,
        outbox,
        resend,
        schedule,
        audit,
        devices,
        drift,
        soak,
        install_service,
        rehearse,
        completion,
        man,
    ):
        family.add_to(made)
    made.add_typer(database.app, name="db")
    made.add_typer(model.app, name="model")
    made.add_typer(cluster.app, name="cluster")
    made.add_typer(config.app, name="config")
    return made


def _daemon_alone() -> Any:
    """Return the commands that are the daemon: its start imports what it needs, and no other command."""
    from daemon.cli import run

    made = _program()
    run.add_to(made)
    return typer.main.get_command(made)
