"""`config`: which settings are in force, where they come from, and whether they can work."""

from typing import Annotated, Any

import typer

from daemon.cli.absent import no_spool
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows

app = typer.Typer(help="Show and check the settings.", no_args_is_help=True)


@app.command()
@placed
def show(
    places: Places,
    *,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """Show each setting and its source.

    Secrets are masked.
    """
    loaded = places.load()
    if loaded.config is not None:
        note(f"configuration file: {loaded.config}")
    rows = _rows(loaded)
    if form is not Format.JSON:
        rows = [_as_text(row) for row in rows]
    write_rows(rows, ("setting", "value", "source"), form)


@app.command()
@placed
def check(
    places: Places,
    *,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Try what keeps decoding children from all else here.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print that.")] = Format.TABLE,
) -> None:
    """Check the settings.

    And the model and engine that they name, the key file, and the database: that it answers, stores UTF-8,
    is empty or at this version's revision, and lets its user write. Changes nothing.

    With --sandbox, a child like those that read files tries what they must not do. If anything of it is
    possible, or a layer of the sandbox is missing, it ends with 69.
    """
    from daemon.pipeline.identifiers import open_identifiers
    from daemon.settings.chosen_release import release_folder
    from daemon.settings.migration_scripts import script_location
    from model.classifier import open_classifier
    from model.release import open_release
    from storage.readiness import examine

    settings = places.settings()
    release = open_release(release_folder(settings))
    open_classifier(release, settings.engine, settings.inference_threads)  # TensorFlow may not be installed
    open_identifiers(settings.identifiers, settings.identifiers_key_file)
    database = examine(settings.database(), script_location())
    note(
        f"the settings are sound; model {release.label}; the database {settings.masked_database()} {database}"
    )
    if (absent := no_spool(settings)) is not None:
        note(f"{absent}; `inboxray run` makes it")
    if sandbox:
        _check_sandbox(form)


def _check_sandbox(form: Format) -> None:
    from daemon.decoding.sandbox_report import try_sandbox
    from daemon.errors import DaemonAwayError

    report = try_sandbox()
    write_rows(report.rows(), ("check", "holds"), form)
    if not report.is_whole:
        raise DaemonAwayError(
            "a part of the sandbox is missing here, or does not hold: see above what decoding children could "
            "do. Landlock needs Linux 5.13 with `landlock` among its security modules, and a container that "
            "lets its system calls through; docs/security.md says what each part is for"
        )


@app.command()
def example() -> None:
    """Print a configuration file in which every setting stands as a comment."""
    from daemon.settings.example import example_toml

    typer.echo(example_toml(), nl=False)


def _rows(loaded: Any) -> list[dict[str, Any]]:
    values = loaded.settings.model_dump(mode="json")
    values["database_url"] = loaded.settings.masked_database()
    return [{"setting": key, "value": values[key], "source": loaded.sources[key]} for key in sorted(values)]


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    """Write a value as it would stand in a variable."""
    value = row["value"]
    if isinstance(value, list):
        value = ", ".join(value)
    elif isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, float):
        value = f"{value:g}"
    return {**row, "value": value}
