"""What `--help` of a training says under its options: examples, and the recipe's values for `--set`."""

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand


def with_recipe(examples: Sequence[tuple[str, str]]) -> type[TyperCommand]:
    """Return a kind of command whose help ends in examples and the recipe.

    Parameters
    ----------
    examples : sequence of tuple of (str, str)
        What for, and the command after `inboxray model`.

    Returns
    -------
    type
        For the argument `cls` of a command.
    """

    class _Command(TyperCommand):
        def format_epilog(self, ctx: Any, formatter: Any) -> None:
            """Write what stands under the options; the recipe is read only here, for it takes a while."""
            from model.lab.training.set_values import recipe_defaults

            super().format_epilog(ctx, formatter)
            with formatter.section("Examples"):
                for purpose, command in examples:
                    formatter.write_text(f"{purpose}:")
                    with formatter.indentation():
                        formatter.write_text(f"inboxray model {command}")
            with formatter.section("Recipe (--set NAME=VALUE)"):
                pairs = (f"{name}={value}" for name, value in recipe_defaults().items())
                formatter.write_text("  ".join(pairs))

    return _Command
