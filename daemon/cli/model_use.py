"""`model use` and `model rollback`: which release answers on a spool."""

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.absent import no_spool
from daemon.cli.audited import audited
from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from daemon.settings.chosen_release import Choice
    from daemon.settings.fields import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands to a family.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(use)
    app.command()(rollback)


@placed
def use(
    places: Places,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME|FOLDER", help="As `model list` shows it, or a folder with a release."),
    ],
) -> None:
    """Choose the release that answers on this spool.

    It is verified first, and its network opened. The daemon takes it when it starts next, commands at once.
    Exits 78 where the setting `model` names a release: that one answers.
    """
    from daemon.cli.model_list import named_release
    from daemon.errors import ConfigurationError
    from daemon.settings.chosen_release import Choice, as_chosen, read_choice
    from model.release import find_release

    settings = _choosable(places)
    wanted = as_chosen(named_release(name, settings))
    before: str | None = None
    try:
        choice = read_choice(settings.spool)
        before = as_chosen(find_release()) if choice is None else choice.current
    except ConfigurationError:  # the choice that is made here mends it
        choice = None
    if choice is not None and choice.current == wanted:
        note(f"{_verified(wanted, settings)} was chosen before: nothing changes")
        return
    _choose(Choice(wanted, None if before == wanted else before), settings)


@placed
def rollback(places: Places) -> None:
    """Go back to the release that was in use before the last choice.

    It is verified as by `model use`; a second rollback returns. Exits 66 if there is none to go back to.
    """
    from daemon.errors import MissingFileError
    from daemon.settings.chosen_release import Choice, read_choice

    settings = _choosable(places)
    choice = read_choice(settings.spool)
    if choice is None or choice.previous is None:
        raise MissingFileError(
            f"there is no release to go back to: on the spool {settings.spool} no other was in use before; "
            "`inboxray model list` names those that `inboxray model use` can choose"
        )
    _choose(Choice(choice.previous, choice.current), settings)


def _choosable(places: Places) -> "Settings":
    """Read the settings, and refuse those with which a choice would change nothing."""
    from daemon.errors import ConfigurationError, MissingFileError

    loaded = places.load()
    if loaded.settings.model is not None:
        raise ConfigurationError(
            f"the setting model ({loaded.sources['model']}) names the release that answers, and wins over a "
            "choice: name another there, or take the setting away and choose again"
        )
    if (absent := no_spool(loaded.settings)) is not None:
        raise MissingFileError(
            f"a release is chosen for a spool, and {absent}: name the one that you mean by --spool; "
            "`inboxray run` makes a new one"
        )
    return loaded.settings


def _choose(choice: "Choice", settings: "Settings") -> None:
    """Verify and write a choice, and say what it changes."""
    from daemon.cli.model_list import label_of
    from daemon.monitoring.status_file import daemon_is_running
    from daemon.settings.chosen_release import folder_of, write_choice

    label = _verified(choice.current, settings)
    with audited(settings, "model use", model=label):
        write_choice(settings.spool, choice)
    before = ""
    if choice.previous is not None:
        folder = folder_of(choice.previous)
        before = f", before it {label_of(folder) or folder}: `inboxray model rollback` goes back"
    note(f"{label} is in use on the spool {settings.spool}{before}")
    if daemon_is_running(settings.spool):
        note(
            "the running daemon keeps the release that it started with, and takes this one at its next start"
        )


def _verified(chosen: str, settings: "Settings") -> str:
    """Verify a release and open its network; give its name and version."""
    from daemon.settings.chosen_release import folder_of
    from model.classifier import open_classifier
    from model.release import open_release

    release = open_release(folder_of(chosen))
    open_classifier(release, settings.engine, settings.inference_threads)
    return release.label
