"""The parts of the documents that are made from the code: `make documents` writes them, a test compares."""

import enum
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from datetime import time
from pathlib import Path
from typing import Any

import typer
from prometheus_client.metrics import MetricWrapperBase

from daemon.cli.program import PROGRAM, app
from daemon.jobs.history import History
from daemon.monitoring.health import Pulse
from daemon.monitoring.metrics import Metrics
from daemon.monitoring.receiving_metrics import ReceivingMetrics
from daemon.monitoring.sending_metrics import SendingMetrics
from daemon.network.receiving.tally import Tally
from daemon.settings.fields import Settings
from daemon.spool.reasons import REASONS
from daemon.spool.warnings import WARNINGS
from daemon.states import BEGINNINGS, TRANSITIONS, State
from storage.vocabulary import FAILED_CODES, REJECTED_CODES
from tests.docs.documents import section, text
from tests.support.shared import ROOT

_WIDTH = 130
_OF_EVERY_COMMAND = {"config", "spool", "database_url"}


def settings() -> str:
    """Write the table of settings."""
    lines = ["| setting | default | |", "|---|---|---|"]
    for key, field in Settings.model_fields.items():
        lines.append(f"| `{key}` | {_shown(field.default)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(f"`{one}`" for one in value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Path):
        return f"./{value}"
    return str(value).lower()


def codes() -> str:
    """Write the table of error codes: what each means, and what to do."""
    lines = ["| outcome | code | what it means, and what to do |", "|---|---|---|"]
    for outcome, of_outcome in (("rejected", REJECTED_CODES), ("failed", FAILED_CODES)):
        lines += [f"| `{outcome}` | `{code}` | {REASONS[code]} |" for code in of_outcome]
    return "\n".join(lines) + "\n"


def states() -> str:
    """Write the table of the states of a file: where it lies, what that means, and what may follow."""
    first = ", ".join(f"`{state.value}`" for state in State if state in BEGINNINGS)
    lines = ["| state | lies in | it | then |", "|---|---|---|---|", f"| (new) | | | {first} |"]
    for state in State:
        then = ", ".join(f"`{one.value}`" for one in State if one in TRANSITIONS[state]) or "(end)"
        lines.append(f"| `{state.value}` | {state.place} | {state.meaning} | {then} |")
    return "\n".join(lines) + "\n"


def warnings() -> str:
    """Write the table of warnings: what was seen, what was done, what to check."""
    lines = ["| warning | what was seen, what was done, what to check |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{code}` | {WARNINGS[code]} |" for code in WARNINGS)]) + "\n"


def leaves(command: Any = None, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command that does something, with the names that lead to it."""
    command = typer.main.get_command(app()) if command is None else command
    below = getattr(command, "commands", None)
    if below is None:
        yield names, command
        return
    for name, one in below.items():
        yield from leaves(one, (*names, name))


def commands() -> str:
    """Write the reference of the commands: a table of all, then each with its arguments and options."""
    table = ["| command | what it does |", "|---|---|"]
    parts = []
    for names, command in leaves():
        title = " ".join((PROGRAM, *names))
        told, _, more = (command.help or "").partition("\n\n")
        table.append(f"| [`{title}`](#{title.replace(' ', '-')}) | {_cell(told)} |")
        parts.append(
            "\n".join((f"## {title}", "", *_paragraphs(told), *_paragraphs(more), *_parameters(command)))
        )
    return "\n".join(table) + "\n\n" + "\n".join(parts)


def _cell(words: str) -> str:
    """Put words into one line of a table; a bar would end its cell, in code too."""
    return " ".join(words.split()).replace("|", r"\|")


def _paragraphs(help_text: str) -> Iterator[str]:
    for paragraph in help_text.split("\n\n"):
        if paragraph.strip():
            flowing = " ".join(paragraph.split()).replace("<", r"\<")
            yield from textwrap.wrap(flowing, _WIDTH, break_on_hyphens=False, break_long_words=False)
            yield ""


def _parameters(command: Any) -> Iterator[str]:
    own = [one for one in command.params if one.name not in _OF_EVERY_COMMAND and not one.hidden]
    if own:
        yield "| argument or option | |"
        yield "|---|---|"
        for one in own:
            yield f"| `{_usage(one)}` | {_cell(one.help or '')}{_default(one)} |"
        yield ""


def _usage(parameter: Any) -> str:
    names = ", ".join(one for one in (*parameter.opts, *parameter.secondary_opts) if one.startswith("-"))
    if not names:
        return str(parameter.metavar or parameter.name.upper()).replace("|", "/")
    if parameter.is_flag:
        return names
    return f"{names} {parameter.metavar or _kind(parameter)}".replace("|", "/")


def _kind(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "|".join(str(one.value) for one in annotation)
    return "N" if annotation is int else "WORD"


def _default(parameter: Any) -> str:
    if parameter.required:
        return " Required."
    value = parameter.default
    if value is None or value is False or not parameter.show_default or value == ():
        return ""
    return f" Default: {value.value if isinstance(value, enum.Enum) else value}."


def metrics() -> str:
    """Write the table of metrics."""
    with tempfile.TemporaryDirectory() as folder:
        measured = Metrics(Path(folder), Pulse(), dict, History(Path(folder) / "history.json"))
        families = list(measured._registry.collect())
    kept = [one for one in vars(measured).values() if isinstance(one, MetricWrapperBase)]
    labelled = {one._name: one._labelnames for one in kept}
    return _metrics(families, labelled)


def sending_metrics() -> str:
    """Write the table of the metrics of `send`."""
    return _metrics(list(SendingMetrics(dict, bool).collect()), {})


def receiving_metrics() -> str:
    """Write the table of the metrics of `receive`."""
    return _metrics(list(ReceivingMetrics(Tally().counted, int).collect()), {})


def _metrics(families: list[Any], labelled: dict[str, Any]) -> str:
    lines = ["| metric | type | labels | |", "|---|---|---|---|"]
    for family in families:
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = labelled.get(family.name, getattr(family, "_labelnames", ()))
        shown = ", ".join(f"`{one}`" for one in labels)
        lines.append(f"| `{family.name}{suffix}` | {family.type} | {shown} | {family.documentation} |")
    return "\n".join(lines) + "\n"


GENERATED: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("docs/settings.md", settings),
    "commands": ("docs/commands.md", commands),
    "metrics": ("docs/logs_and_metrics.md", metrics),
    "sending-metrics": ("docs/logs_and_metrics.md", sending_metrics),
    "receiving-metrics": ("docs/logs_and_metrics.md", receiving_metrics),
    "codes": ("docs/results.md", codes),
    "warnings": ("docs/results.md", warnings),
    "states": ("docs/architecture.md", states),
}
"""Marker: the document, and what writes the part between its marks."""


def write() -> None:
    """Write each part anew into its document."""
    for marker, (document, made) in GENERATED.items():
        path = ROOT / document
        before = text(path)
        old = f"<!-- {marker} -->\n{section(before, marker)}<!-- /{marker} -->"
        path.write_text(
            before.replace(old, f"<!-- {marker} -->\n{made()}<!-- /{marker} -->"), encoding="utf-8"
        )


if __name__ == "__main__":
    write()
