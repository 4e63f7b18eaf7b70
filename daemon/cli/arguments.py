"""Words, times and lengths of time as people type them."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

import typer

from daemon.cli.output import note


def known_word(option: str, word: str | None, words: tuple[str, ...]) -> str | None:
    """Return a word as rows have it: `Not fractured` is `not_fractured`.

    A word that no row can have is refused: the empty answer to a misspelt question looks like a good one.

    Parameters
    ----------
    option : str
    word : str or None
    words : tuple of str
        In small letters, with underscores.

    Returns
    -------
    str or None
        One of the words; None if none was given.

    Raises
    ------
    typer.BadParameter
        The word is not among them.
    """
    if word is None:
        return None
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    if plain not in words:
        raise typer.BadParameter(f"one of {', '.join(words)} is wanted", param_hint=option)
    return plain


_SECONDS: Final = {"min": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> float:
    """Read a length of time.

    Parameters
    ----------
    text : str
        A number and a unit: `45min`, `1.5h`, `2d`.

    Returns
    -------
    float
        Seconds, above 0.

    Raises
    ------
    typer.BadParameter
        It is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(min|h|d)", text.strip().lower())
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not seconds:
        raise typer.BadParameter("a length of time is wanted, such as 45min, 1.5h or 2d")
    return seconds


def completing(words: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what completes an option's value from fixed words, for `autocompletion` of Typer.

    Parameters
    ----------
    words : iterable of str

    Returns
    -------
    callable
        Takes what was typed so far, and returns the words that begin so.
    """

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 date or time; without a zone it is local time.

    Parameters
    ----------
    text : str
        Such as `2026-11-23`, `2026-11-23 08:00` or `2026-11-23T08:00:00Z`.

    Returns
    -------
    datetime
        With a zone.

    Raises
    ------
    typer.BadParameter
        It is none.
    """
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            "a date or time is wanted, such as 2026-11-23 or 2026-11-23T08:00:00Z"
        ) from None


def counted(number: int, noun: str) -> str:
    """Write a number and what is counted, such as `1 scan` or `2 scans`.

    Parameters
    ----------
    number : int
    noun : str

    Returns
    -------
    str
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tell_warnings(codes: Iterable[str]) -> None:
    """Say of each warning what was seen, what was done and what to check.

    Parameters
    ----------
    codes : iterable of str
    """
    from daemon.spool.warnings import explained

    for code, sentence in explained(sorted(codes)).items():
        note(f"{code}: {sentence}")


def tell_reasons(codes: Iterable[str]) -> None:
    """Say of each error code of files that were read where they lie what it means and what to do.

    Parameters
    ----------
    codes : iterable of str
    """
    from daemon.spool.reasons import REASONS_IN_PLACE

    for code in sorted(codes):
        note(f"{code}: {REASONS_IN_PLACE[code]}")
