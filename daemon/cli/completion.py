"""`completion`: what makes a shell complete commands and options; Typer writes it and answers it."""

import os
from enum import StrEnum
from typing import Annotated, Final

import typer

_VARIABLE: Final = "_INBOXRAY_COMPLETE"  # set by the script, when the shell asks what may come next

_AUTOLOADED: Final = """
# zsh reads this file at the first completion: that one is to be answered too.
[[ "${funcstack[1]}" != _inboxray ]] || _inboxray_completion "$@"
"""


class Shell(StrEnum):
    """A shell that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(completion)


def completion(
    shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.", show_choices=False)],
) -> None:
    """Print what makes a shell complete commands and options.

    For this session: `eval "$(inboxray completion bash)"`; with fish, `inboxray completion fish | source`.
    `inboxray install-service` puts it where every session finds it.
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined] # not in its __all__

    script = get_completion_script(prog_name="inboxray", complete_var=_VARIABLE, shell=shell.value)
    typer.echo(script + (_AUTOLOADED if shell is Shell.ZSH else ""))


def let_shells_ask() -> None:
    """Teach the program its shells, where a shell started it to ask; no other process pays for it."""
    if _VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined] # not in its __all__

        completion_init()
