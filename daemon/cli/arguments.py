"""Words and times as people type them."""

from collections.abc import Callable, Iterable
from datetime import datetime

import typer

from daemon.cli.output import note


def check_word(option: str, word: str | None, words: tuple[str, ...]) -> None:
    """Refuse a word that no row can have: the empty answer to a misspelt question looks like a good one.

    Parameters
    ----------
    option : str
    word : str or None
    words : tuple of str

    Raises
    ------
    typer.BadParameter
        The word is not among them.
    """
    if word is not None and word not in words:
        raise typer.BadParameter(f"one of {', '.join(words)} is wanted", param_hint=option)


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
