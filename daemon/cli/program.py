"""The program `inboxray`: its commands, and what each way to end says to the shell.

References
----------
sysexits(3).
"""

import errno
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, Final, TextIO

import typer
from typer.core import TyperGroup

from daemon.cli.called import PROGRAM
from daemon.cli.completion import let_shells_ask
from daemon.cli.options import ConfigOption, DatabaseOption, Places, SpoolOption
from daemon.cli.output import note

_TYPER_USAGE: Final = 2
_USAGE: Final = 64
_SOFTWARE: Final = 70
_INPUT_OUTPUT: Final = 74
_INTERRUPTED: Final = 130

_DAEMON_COMMANDS: Final = frozenset({"run", "once"})
"""Those of `daemon.cli.run`, which import no other command: a start is waited for."""
_OWN_FILES: Final = frozenset(
    {".lock", ".status.json", ".schedule.json", ".notices.json", ".model.json", ".audit.jsonl", "results.db"}
)  # their names hold nothing of patients
_HINTS: Final = {
    errno.EACCES: "run it as the user who runs the daemon, or give this user the rights",
    errno.EPERM: "run it as the user who runs the daemon, or give this user the rights",
    errno.EROFS: "mount the disk so that it can be written, or name another place by --spool",
    errno.ENOSPC: "make room on the disk, for files too (`df -i`)",
    errno.EDQUOT: "make room, or have the quota of this user raised",
}


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
            _point_at_nothing(sys.stdout)
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            raise typer.Exit(_INTERRUPTED) from None
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


def guarded(program: Callable[[], object]) -> None:
    """Run a program and leave with the exit code for how it ended; what went wrong goes to stderr.

    Parameters
    ----------
    program : callable
        Without arguments; what it returns does not matter.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = _run(program)
    _forget_what_is_refused(sys.stderr)
    sys.exit(code)


def _run(program: Callable[[], object]) -> int:
    try:
        program()
        sys.stdout.flush()
    except SystemExit as end:
        return _USAGE if end.code == _TYPER_USAGE else int(end.code or 0)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _point_at_nothing(sys.stdout)
        return 0
    except Exception as error:  # noqa: BLE001 -- the last boundary: each error becomes an exit code and a line
        code, message = _verdict(error)
        with suppress(OSError):  # a log that takes nothing changes no exit code (fault 66)
            note(message)
        return code
    return 0


def _verdict(error: Exception) -> tuple[int, str]:
    """Return the exit code for an error, and what to say of it."""
    exit_code = getattr(error, "exit_code", None)
    if isinstance(exit_code, int):  # DaemonError, StorageError, ModelError
        mark = _priority_of_errors()
        return exit_code, "\n".join(f"{mark}{PROGRAM}: {line}" for line in str(error).splitlines())
    if isinstance(error, OSError):  # its file name may be a patient's
        return _INPUT_OUTPUT, f"{PROGRAM}: {_what_failed(error)}"
    trace = "".join(traceback.format_tb(error.__traceback__))  # its message may quote a scan
    apology = f"{PROGRAM}: this is a fault of {PROGRAM} itself, please report it:"
    return _SOFTWARE, f"{apology}\n{trace}{type(error).__name__}"


def _priority_of_errors() -> str:
    """Return what makes a line an error in systemd's journal; nothing where no journal reads it."""
    from daemon.logs import ERROR_PRIORITY, goes_to_journal

    return ERROR_PRIORITY if goes_to_journal(os.environ.get("JOURNAL_STREAM"), 2) else ""


def _what_failed(error: OSError) -> str:
    """Say what the system refused and what to do; of names only those that inboxray gave itself."""
    known = isinstance(error.filename, str | os.PathLike) and os.path.basename(error.filename) in _OWN_FILES
    what = f" with {error.filename}" if known else ""
    hint = _HINTS.get(error.errno or 0)
    return f"input or output failed{what}: {error.strerror or type(error).__name__}" + (
        f"; {hint}" if hint else ""
    )


def _forget_what_is_refused(stream: TextIO) -> None:
    """Write what a stream holds still; if that fails, point it at nothing, so that the exit succeeds."""
    try:
        stream.flush()
    except OSError:
        _point_at_nothing(stream)


def _point_at_nothing(stream: TextIO) -> None:
    """Let a stream go nowhere, so that the flush at exit does not fail again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
