"""The address of a worklist: which scans, in which order, which part of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args
from urllib.parse import urlencode

from daemon.spool.warnings import WARNINGS
from model.regions import REGIONS
from storage.filters import Filters, Order
from storage.scan_detail import SCAN_ID_LENGTH, may_be_id
from storage.vocabulary import DECISIONS, FAILED_CODES, OUTCOMES, REJECTED_CODES

ROWS_A_PAGE: Final = 50
MOST_FRAMES: Final = 100_000
MOST_PAGES: Final = 2000
"""That can be asked for by their number alone: what lies before has to be counted off."""
MOST_PARTS: Final = 10**8
"""That can be reached one after the other."""
REACH: Final = 40_000
"""So many scans are looked at where no index helps, for an answer that does not keep a reader waiting."""
DAYS: Final = (1, 7, 14, 30, 90, 365)
"""Stretches over which figures are offered."""
_USUAL_DAYS: Final = "14"
_FURTHER: Final = 10

_TEXTS: Final = ("patient", "study", "accession", "uid", "name", "device", "model", "modality", "calling_ae")
_WORDS: Final = {
    "decision": DECISIONS,
    "outcome": OUTCOMES,
    "code": REJECTED_CODES + FAILED_CODES,
    "warning": tuple(WARNINGS),
    "region": REGIONS,
    "reviewed": ("yes", "no"),
    "sort": get_args(Order),
}
_LONGEST: Final = 200
_DIGITS: Final = 9


class BadQueryError(ValueError):
    """The address asks for what cannot be; the message is for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a worklist shows.

    Parameters
    ----------
    filters : Filters
        With the limit and the beginning of its page, and one row more, which says whether another follows.
    given : Mapping of str to str
        The parameters that have a value, the page excepted.
    reach : int
        How many scans are looked at where no index helps.
    page : int
        From 1; only a number to be shown where the list begins after a scan, or ends before one.
    path : str
        Of the list.
    """

    filters: Filters
    given: Mapping[str, str]
    reach: int
    page: int
    path: str = "/"

    def further(self) -> str:
        """Return the address of this list, for which more scans are looked at.

        Returns
        -------
        str
        """
        return "/?" + urlencode({**self.given, "reach": min(self.reach * _FURTHER, MOST_PARTS)})

    def at(self, page: int) -> str:
        """Return the address of another page of the same list.

        Parameters
        ----------
        page : int

        Returns
        -------
        str
            ``/?...``
        """
        reach = {} if self.reach == REACH else {"reach": self.reach}
        return f"{self.path}?" + urlencode({**self.given, **reach, "page": page})

    def following(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Return the address of what comes after these rows.

        Parameters
        ----------
        rows : sequence of mapping
            What this part shows; not empty.

        Returns
        -------
        str
        """
        return self.at(self.page + 1) + "&" + urlencode({"after": rows[-1]["scan_id"]})

    def preceding(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Return the address of what comes before these rows.

        Parameters
        ----------
        rows : sequence of mapping
            What this part shows.

        Returns
        -------
        str
            Of the beginning if the part before this is the first, or if this one is empty; by its number if
            this part was asked for by number alone.
        """
        if self.filters.after is None and self.filters.before is None:
            return self.at(self.page - 1)
        if self.page <= 2 or not rows:
            return self.at(1)
        return self.at(self.page - 1) + "&" + urlencode({"before": rows[0]["scan_id"]})


def read_query(parameters: Mapping[str, str], path: str = "/") -> Query:
    """Read the parameters of an address.

    Parameters
    ----------
    parameters : mapping of str to str
        One that is empty counts as absent; other names are left alone.
    path : str
        Of the list: a part of that by study cannot be asked for by its number alone.

    Returns
    -------
    Query

    Raises
    ------
    BadQueryError
        A value is not one that its parameter takes.
    """
    names = (*_TEXTS, *_WORDS, "since", "until", "min", "max", "current")
    given = {name: text for name in names if (text := parameters.get(name, "").strip())}
    if long := [name for name, text in given.items() if len(text) > _LONGEST]:
        raise BadQueryError(f"{long[0]}: at most {_LONGEST} characters")
    if odd := [name for name, text in given.items() if not text.isprintable()]:
        raise BadQueryError(f"{odd[0]}: letters that can be printed only")
    words = {name: _word(name, given[name]) for name in _WORDS if name in given}
    after, before = _scan_id("after", parameters), _scan_id("before", parameters)
    by_number = MOST_PAGES if path == "/" else 1
    page = read_number(parameters, "page", by_number if after == before else MOST_PARTS)
    reach = read_number(parameters, "reach", MOST_PARTS, REACH)
    filters = Filters(
        **{name: given[name] for name in _TEXTS if name in given},
        decision=words.get("decision"),
        outcome=words.get("outcome"),
        error_code=words.get("code"),
        warning=words.get("warning"),
        region=words.get("region"),
        reviewed=words["reviewed"] == "yes" if "reviewed" in words else None,
        since=_moment("since", given),
        until=_moment("until", given),
        min_probability=_share("min", given),
        max_probability=_share("max", given),
        only_current="current" in given,
        order=words.get("sort", "suspicious"),  # type: ignore[arg-type] # one of them
        limit=ROWS_A_PAGE + 1,
        offset=0 if after or before else (page - 1) * ROWS_A_PAGE,
        after=after,
        before=None if after else before,
        reach=reach if path == "/" else None,  # studies are made of all their scans
    )
    return Query(filters, given, reach, page, path)


def _word(name: str, text: str) -> str:
    word = text.lower().replace(" ", "_").replace("-", "_")
    if word not in _WORDS[name]:
        raise BadQueryError(f"{name} is one of {', '.join(_WORDS[name])}")
    return word


def _moment(name: str, given: Mapping[str, str]) -> datetime | None:
    if name not in given:
        return None
    try:
        return datetime.fromisoformat(given[name]).astimezone()  # one without a zone is local
    except (ValueError, OverflowError):  # the year 1, in a zone ahead of UTC
        raise BadQueryError(f"{name} is a day or a time, such as 2026-11-23 or 2026-11-23T08:00") from None


def _scan_id(name: str, parameters: Mapping[str, str]) -> str | None:
    text = parameters.get(name, "").strip().lower()
    if text and not (may_be_id(text) and len(text) == SCAN_ID_LENGTH):
        raise BadQueryError(f"{name} is a scan's id")
    return text or None


def _share(name: str, given: Mapping[str, str]) -> float | None:
    if name not in given:
        return None
    try:
        share = float(given[name])
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise BadQueryError(f"{name} is a probability from 0 to 1")
    return share


def read_number(parameters: Mapping[str, str], name: str, most: int, absent: int = 1) -> int:
    """Read a parameter that counts from 1.

    Parameters
    ----------
    parameters : mapping of str to str
    name : str
    most : int
    absent : int
        What it is if it is absent or empty.

    Returns
    -------
    int

    Raises
    ------
    BadQueryError
        It is no number from 1 to `most`.
    """
    text = parameters.get(name, "").strip() or str(absent)
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and 1 <= int(text) <= most):
        raise BadQueryError(f"{name} is a number from 1 to {most}")
    return int(text)


def read_days(parameters: Mapping[str, str]) -> int:
    """Read over how many days figures are asked for.

    Parameters
    ----------
    parameters : mapping of str to str

    Returns
    -------
    int

    Raises
    ------
    BadQueryError
        `days` is none that is offered.
    """
    text = parameters.get("days") or _USUAL_DAYS
    if text not in {str(days) for days in DAYS}:
        raise BadQueryError(f"days is one of {', '.join(str(days) for days in DAYS)}")
    return int(text)
