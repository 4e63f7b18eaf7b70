"""Figures as Markdown: a table, a number, a share, a figure with its interval."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Plain = Mapping[str, Any]
"""What `as_plain` gives: figures as they also stand in a release."""

NONE = "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; each row has as many cells as the head.

    Parameters
    ----------
    head : sequence of str
    rows : iterable of sequence of str

    Returns
    -------
    str
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number, or a dash where there is none.

    Parameters
    ----------
    value : float or None
    digits : int

    Returns
    -------
    str
    """
    return NONE if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """Return a share in percent, or a dash where there is none.

    Parameters
    ----------
    value : float or None

    Returns
    -------
    str
    """
    return NONE if value is None else f"{100.0 * value:.1f} %"


def with_interval(figure: Plain, digits: int = 3) -> str:
    """Return `0.912 (0.880 to 0.941)`, or the value alone where there is no interval.

    Parameters
    ----------
    figure : Plain
    digits : int

    Returns
    -------
    str
    """
    if figure["value"] is None or figure["low"] is None:
        return number(figure["value"], digits)
    low, high = number(figure["low"], digits), number(figure["high"], digits)
    return f"{number(figure['value'], digits)} ({low} to {high})"


def spread(figure: Plain) -> str:
    """Return the least and the greatest of the seeds' figures, or a dash with one seed.

    Parameters
    ----------
    figure : Plain

    Returns
    -------
    str
    """
    known = [value for value in figure["seeds"] if value is not None]
    return f"{min(known):.3f} to {max(known):.3f}" if known else NONE
