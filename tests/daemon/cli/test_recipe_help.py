import typer
from typer.testing import CliRunner

from daemon.cli.recipe_help import with_recipe
from model.lab.training.set_values import recipe_defaults


def test_help_ends_in_the_examples_and_every_value_of_the_recipe():
    app = typer.Typer(rich_markup_mode=None)

    @app.command(cls=with_recipe((("a first look", "build FOLDER --budget 1h"),)))
    def build() -> None:
        """Build."""

    shown = CliRunner().invoke(app, ["--help"]).stdout
    words = shown.split()

    assert shown.index("--help") < shown.index("Examples:") < shown.index("Recipe")
    assert "inboxray model build FOLDER --budget 1h" in shown
    assert {f"{name}={value}" for name, value in recipe_defaults().items()} <= set(words)
