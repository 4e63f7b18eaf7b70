"""The three options that every command has: where the settings, the spool and the database are.

They stand before the command (`inboxray --spool X status`) or after it; after it wins.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from daemon.settings.sources import LoadedSettings, Settings

# What this user may not read is refused where it is read, in the same words whichever way it was named.
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", readable=False, help="Read settings from this TOML file."),
]
SpoolOption = Annotated[
    Path | None,
    typer.Option("--spool", metavar="FOLDER", readable=False, help="The spool's folder."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database-url", metavar="URL", help="The results database."),
]


@dataclass(frozen=True, slots=True)
class Places:
    """Where settings, spool and database are, as far as options gave them.

    Attributes
    ----------
    config : Path or None
    spool : Path or None
    database_url : str or None
    """

    config: Path | None = None
    spool: Path | None = None
    database_url: str | None = None

    def load(self, **overrides: Any) -> "LoadedSettings":
        """Read the settings with these places, and values of further options, on top.

        Returns
        -------
        LoadedSettings
        """
        from daemon.settings.sources import read_settings

        return read_settings(
            self.config, {"spool": self.spool, "database_url": self.database_url, **overrides}
        )

    def settings(self, **overrides: Any) -> "Settings":
        """Return the settings with these places, and values of further options, on top.

        Returns
        -------
        Settings
        """
        return self.load(**overrides).settings


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command the three options; its first parameter gets the `Places`.

    Parameters
    ----------
    command : callable

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_places(
        context: typer.Context,
        *,
        config: Path | None,
        spool: Path | None,
        database_url: str | None,
        **arguments: Any,
    ) -> None:
        before = context.obj
        command(
            Places(config or before.config, spool or before.spool, database_url or before.database_url),
            **arguments,
        )

    signature = inspect.signature(command, eval_str=True)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(signature.parameters.values())[1:]
    ]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in (
            ("config", ConfigOption),
            ("spool", SpoolOption),
            ("database_url", DatabaseOption),
        )
    ]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    with_places.__signature__ = signature.replace(parameters=[context, *own, *shared])  # type: ignore[attr-defined]
    return with_places
