"""The options that choose among answers, the same of each command that has them."""

import functools
import inspect
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.arguments import completing, known_word, parse_time
from daemon.spool.warnings import WARNINGS
from model.regions import REGIONS
from storage.vocabulary import DECISIONS, FAILED_CODES, OUTCOMES, REJECTED_CODES

if TYPE_CHECKING:
    from daemon.cli.options import Places

Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=parse_time, metavar="TIME", help="Finished at this time or later."),
]
Until = Annotated[
    datetime | None, typer.Option("--until", parser=parse_time, metavar="TIME", help="Finished before it.")
]


def _text(name: str, words: str, complete: Callable[[str], list[str]] | None = None) -> Any:
    return Annotated[str | None, typer.Option(f"--{name}", autocompletion=complete, help=words)]


def _share(name: str, words: str) -> Any:
    return Annotated[float | None, typer.Option(f"--{name}", min=0.0, max=1.0, help=words)]


_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST: Final = 4096
_CODES: Final = REJECTED_CODES + FAILED_CODES
_OPTIONS: Final[dict[str, Any]] = {
    "decision": _text("decision", "fractured, uncertain, abstained or not_fractured.", completing(DECISIONS)),
    "outcome": _text("outcome", "classified, rejected or failed.", completing(OUTCOMES)),
    "code": _text("code", "Only this error code.", completing(_CODES)),
    "since": Since,
    "until": Until,
    "patient": _text("patient", "Only this patient id."),
    "study": _text("study", "Only this study instance UID."),
    "accession": _text("accession", "Only this accession number, in any case."),
    "uid": _text("uid", "Only this study, series or SOP instance UID."),
    "name": _text("name", "Only files with this in their name, in any case."),
    "device": _text("device", "Only devices with this in manufacturer, model or station."),
    "calling_ae": _text("calling-ae", "Only what this application entity sent over DICOM, in any case."),
    "modality": _text("modality", "Only this modality, such as CR or DX, in any case."),
    "region": _text("region", "Only where the network sees this region, such as hand.", completing(REGIONS)),
    "model": _text("model", "Only answers of releases with this in their NAME@VERSION."),
    "sha256": _text("sha256", "Only files of these bytes: a SHA-256, hexadecimal."),
    "warning": _text("warning", "Only scans with this warning.", completing(WARNINGS)),
    "min_probability": _share("min-probability", "Only from this probability on."),
    "max_probability": _share("max-probability", "Only up to this probability."),
    "current": Annotated[
        bool, typer.Option("--current", help="Without scans that were requeued and answered again.")
    ],
    "reviewed": Annotated[
        bool | None,
        typer.Option(
            "--reviewed/--not-reviewed", help="Only scans that a person has reviewed, or the others."
        ),
    ],
}


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command the options that choose among answers; its second parameter gets the `Filters`.

    Parameters
    ----------
    command : callable
        Its first parameter is a `daemon.cli.options.Places`.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def with_filters(places: "Places", **arguments: Any) -> None:
        chosen = {name: arguments.pop(name) for name in _OPTIONS}
        command(places, _filters(chosen), **arguments)

    parameters = list(inspect.signature(command).parameters.values())
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name == "current" else None,
            annotation=annotation,
        )
        for name, annotation in _OPTIONS.items()
    ]
    signature = inspect.Signature([parameters[0], *options, *parameters[2:]])
    with_filters.__signature__ = signature  # type: ignore[attr-defined]
    del with_filters.__annotations__[parameters[1].name]  # its type is imported where it is made
    return with_filters


def _filters(chosen: dict[str, Any]) -> Any:
    """Make the filters of what was typed; what no row can match is refused."""
    from storage.filters import Filters

    for name, value in chosen.items():
        if isinstance(value, str) and not _can_be_asked(value):
            raise typer.BadParameter(
                f"a text of UTF-8 of at most {_LONGEST} characters is wanted",
                param_hint=f"--{name.replace('_', '-')}",
            )
    least, most = chosen["min_probability"], chosen["max_probability"]
    if least is not None and most is not None and least > most:
        raise typer.BadParameter(
            f"no probability is from {least:g} to {most:g}; give the smaller one first",
            param_hint="--min-probability",
        )
    words = {
        "decision": DECISIONS,
        "outcome": OUTCOMES,
        "code": _CODES,
        "region": REGIONS,
        "warning": tuple(WARNINGS),
    }
    for name, known in words.items():
        chosen[name] = known_word(f"--{name}", chosen[name], known)
    since, until = chosen["since"], chosen["until"]
    if since is not None and until is not None and since > until:
        raise typer.BadParameter("it is later than --until: no scan finished so", param_hint="--since")
    if chosen["sha256"] is not None:
        chosen["sha256"] = _whole_hash(chosen["sha256"])
    return Filters(error_code=chosen.pop("code"), only_current=chosen.pop("current"), **chosen)


def _whole_hash(typed: str) -> str:
    """Return a SHA-256 as rows have it; a part of one, as a log line shows, would find nothing."""
    digits = typed.strip().lower()
    if _SHA256.fullmatch(digits) is None:
        raise typer.BadParameter(
            "all 64 hexadecimal digits are wanted, as sha256sum(1) prints them", param_hint="--sha256"
        )
    return digits


def _can_be_asked(text: str) -> bool:
    """Say whether databases take a text: SQLite no long pattern, and none what is not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= _LONGEST
