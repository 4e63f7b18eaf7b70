"""`man`: the manual page, written from the commands, settings and errors, so it is never out of date.

References
----------
man(7), groff_char(7).
"""

import inspect
from collections.abc import Iterator
from typing import Any, Final

import typer

_COMMON: Final = ("config", "spool", "database_url", "help")  # of every command: described once
_SENTENCE: Final = "Drop bone X-rays into a folder; each gets exactly one lasting answer."


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """

    @app.command()
    def man() -> None:
        """Print the manual page: `inboxray man | man -l -`."""
        typer.echo(manual_page(app), nl=False)


def manual_page(app: typer.Typer) -> str:
    """Write the manual page of a program.

    Parameters
    ----------
    app : typer.Typer
        With a name and all of its commands.

    Returns
    -------
    str
        Roff with the macros of man(7).
    """
    from importlib.metadata import version

    program: Any = typer.main.get_command(app)
    context = typer.Context(program, info_name=program.name)
    name = program.name
    lines = [
        f'.TH {name.upper()} 1 "" "{name} {version(name)}" "User Commands"',
        ".SH NAME",
        f"{name} \\- {_plain(_SENTENCE[0].lower() + _SENTENCE[1:-1])}",
        ".SH SYNOPSIS",
        f".B {name}",
        "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(program.help),
        ".SH OPTIONS",
        "These stand before or after any command.",
        *_parameters(program, context, ()),
        ".SH COMMANDS",
        *_commands(program, context),
        ".SH SETTINGS",
        f".B {name} config example",
        "prints a file of them all, with their defaults.",
        *_settings(),
        ".SH EXIT STATUS",
        *_exit_codes(),
        ".SH FILES",
        *_tagged(
            "/etc/inboxray/inboxray.toml", "The settings, unless --config or INBOXRAY_CONFIG names another."
        ),
        *_tagged(
            "SPOOL/inbox, done, failed, export", "What was dropped, what was answered, and the answers."
        ),
        *_tagged("SPOOL/results.db", "The results, unless database_url names another database."),
    ]
    return "\n".join(lines) + "\n"


def _commands(group: Any, context: typer.Context) -> Iterator[str]:
    """Describe each command, a group's own in their place."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = typer.Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner)
            continue
        usage = " ".join(piece for piece in command.collect_usage_pieces(inner) if piece != "[OPTIONS]")
        yield f'.SS "{_plain(f"{inner.command_path} {usage}".strip())}"'
        yield from _paragraphs(command.help)
        yield from _parameters(command, inner, _COMMON)


def _parameters(command: Any, context: typer.Context, without: tuple[str, ...]) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and parameter.name not in without:
            yield from _tagged(*record)


def _settings() -> Iterator[str]:
    from daemon.settings.fields import Settings

    for name, field in Settings.model_fields.items():
        yield from _tagged(name, field.description or "")


def _exit_codes() -> Iterator[str]:
    """Say what each code means, by the errors that end with it; see sysexits(3)."""
    from daemon import errors

    meanings = {0: ["It is done."], 130: ["It was interrupted."]}
    for error in vars(errors).values():
        if (
            inspect.isclass(error)
            and issubclass(error, errors.DaemonError)
            and error is not errors.DaemonError
        ):
            meanings.setdefault(error.exit_code, []).append((error.__doc__ or "").splitlines()[0])
    for code in sorted(meanings):
        yield from _tagged(str(code), " ".join(meanings[code]))


def _tagged(term: str, text: str) -> list[str]:
    return [".TP", f"\\fB{_plain(term)}\\fR", _plain(" ".join(text.split()))]


def _paragraphs(text: str | None) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text or "").split("\n\n"):
        yield ".PP"
        yield _plain(" ".join(paragraph.split()))


def _plain(text: str) -> str:
    """Write text so that roff takes nothing in it for a request; a hyphen stays one that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
