from inspect import signature
from typing import get_args

import typer
from typer.testing import CliRunner

from daemon.cli.options import Places, placed

app = typer.Typer()


@app.callback()
def _start(context: typer.Context) -> None:
    context.obj = Places(spool="before", database_url="before")


@app.command()
@placed
def where(places: Places, name: str = "x", *, loud: bool = False) -> None:
    """Say where."""
    typer.echo(f"{places.config} {places.spool} {places.database_url} {name} {loud}")


def written_words(*arguments):
    ended = CliRunner().invoke(app, ["where", *arguments])
    assert ended.exit_code == 0, ended.output
    return ended.output.split()


def test_what_stands_before_the_command_holds():
    assert written_words() == ["None", "before", "before", "x", "False"]


def test_what_stands_after_it_wins_and_its_own_options_stay():
    assert written_words("--spool", "after", "--config", "c.toml", "--loud") == [
        "c.toml",
        "after",
        "before",
        "x",
        "True",
    ]


def test_a_command_shows_the_three_options():
    shown = CliRunner().invoke(app, ["where", "--help"]).output
    assert all(option in shown for option in ("--spool", "--config", "--database-url", "--loud"))


def test_a_place_that_may_not_be_read_is_refused_where_it_is_read_and_not_by_its_option():
    """Else one cause has two messages: by the option, and by the variable."""
    with_places = signature(where).parameters
    options = {name: get_args(with_places[name].annotation)[1] for name in ("config", "spool")}
    assert [option.readable for option in options.values()] == [False, False]
