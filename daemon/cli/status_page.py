"""The state of a daemon as a page for people: what it does, what waits and until when, what was answered."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import typer

from daemon.cli.backfill import described as backfill
from daemon.cli.onlooking import described
from daemon.cli.output import write_pairs
from storage.vocabulary import BY_SUSPICION

if TYPE_CHECKING:
    from daemon.results.waiting import Waiting
    from daemon.settings.fields import Settings

_MOMENTS: Final = ("_at", "since")  # how names of times end in the status file
_MOST_FILES: Final = 10


def print_status(settings: "Settings", known: Mapping[str, Any]) -> None:
    """Print it on stdout.

    Parameters
    ----------
    settings : Settings
    known : mapping
        What `inboxray status --json` prints.
    """
    typer.echo(_headline(known))
    _print_waiting(settings)
    database = dict(known["database"])
    by = sorted(database.pop("by", ()), key=lambda one: BY_SUSPICION.index(one["decision"] or one["outcome"]))
    _print_part("database", _flat(database))
    _print_part("how the scans ended", ((described(**_way(one)), one["scans"]) for one in by))
    name = "daemon" if known["running"] else "last daemon"
    _print_part(name, _flat(_noted(known["daemon"] or {"state": "not known"})))
    if known.get("backfills"):
        _print_part("archives", ((one["source"], backfill(one)) for one in known["backfills"]))
    _print_part("last comparison of rows with files", _flat(_noted(known["check"]) or {"ended": "none yet"}))


def _print_part(title: str, pairs: Iterable[tuple[str, Any]]) -> None:
    typer.echo(f"\n{title}")
    write_pairs((f"  {name}", value) for name, value in pairs)


def _noted(status: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is 0, or nothing: a person reads what there is; JSON has all."""
    noted = {name: value for name, value in status.items() if value not in (None, 0, {}, [])}
    answered = noted.pop("answered", None)
    if isinstance(answered, Mapping):
        most_first = sorted(answered.items(), key=lambda item: -item[1])
        noted["answered"] = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in most_first)
    return noted


def _headline(known: Mapping[str, Any]) -> str:
    """Say in a sentence how it is."""
    spool, status = known["spool"], known["daemon"] or {}
    if not known["running"]:
        return f"no daemon runs on the spool {spool}"
    begun = f"the daemon on the spool {spool} {_verb(status)}"
    counts = [
        f"{status[name]} {words}"
        for name, words in (("waiting", "waiting"), ("in_progress", "in progress"))
        if name in status
    ]
    answered = status.get("answered")
    if isinstance(answered, Mapping):
        lately = status.get("answered_last_minute", 0)
        counts.append(f"{sum(answered.values())} answered since its start, {lately} in the last minute")
    return begun + (f": {', '.join(counts)}" if counts else "")


def _verb(status: Mapping[str, Any]) -> str:
    pauses = status.get("pauses")
    if pauses:
        return f"takes nothing in ({', '.join(pauses)})"
    return "starts" if status.get("state") == "starting" else "runs"


def _print_waiting(settings: "Settings") -> None:
    """Print of the files that wait longest which rule each waits for, and until when."""
    from daemon.cli.inbox_files import examining, held_up_by
    from daemon.errors import DaemonError
    from daemon.results.waiting import longest_waiting, why_waiting

    sources = longest_waiting(settings, _MOST_FILES + 1)
    if not sources:
        return
    more = " (those that wait longest)" if len(sources) > _MOST_FILES else ""
    typer.echo(f"\nin the inbox{more}")
    try:
        with examining(settings) as examine:
            for source in sources[:_MOST_FILES]:
                typer.echo(_waiting(why_waiting(source, settings, examine, None)))
    except DaemonError as error:  # the rest of the page is as good without it
        typer.echo(f"  what each waits for cannot be found out now: {error}")
    if held_up := held_up_by(settings):
        typer.echo(f"and none is taken in meanwhile: {held_up}")


def _waiting(waiting: "Waiting") -> str:
    until = "" if waiting.until is None else f"until {waiting.until.astimezone():%Y-%m-%d %H:%M:%S %Z}: "
    then = "" if waiting.then is None else f"; then {waiting.then}"
    return f"  {waiting.file}\n    {until}{waiting.rule}{then}"


def _way(counted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: counted[name] for name in ("outcome", "error_code", "decision")}


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _moment(inner) if name.endswith(_MOMENTS) else _text(inner)


def _moment(value: Any) -> Any:
    """Read a time of the status file, so that it is shown as every other time is."""
    try:
        return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, list) and value:
        return "\n".join(map(str, value))
    return "-" if value in (None, {}, []) else value
