"""Pictures that are likely of one patient, and what says so.

A guess that joins too much costs some training pictures; one that joins too little lets a patient stand on
both sides of a split. Names are believed only where they are numbered like an archive's.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final

LARGEST_GAP: Final = 2
"""Archive numbers that differ by no more are taken as one examination's."""

_NUMBERED: Final = re.compile(r"^([A-Za-z][A-Za-z_-]*?)[_-]?(\d{5,})$")
_SIDES_AND_VIEWS: Final = frozenset(
    "l|r|lt|rt|left|right|ap|pa|dp|lat|lateral|obl|oblique|axial|front|frontal|side|view".split("|")  # noqa: SIM905  # a list of 18 lines reads worse
)
_COPY_MARKS: Final = re.compile(r"(?: - Copy| \(\d+\)|-rotated\d+)+$")


@dataclass(frozen=True, slots=True)
class Kinship:
    """Two things that are likely of one patient.

    Attributes
    ----------
    first, second : int
        Their places.
    evidence : str
        `patient_id`, `study`, `neighbouring_numbers`, `sides_or_views`, `reframed`, `mirror_image`.
    """

    first: int
    second: int
    evidence: str


def stem_of(name: str) -> str:
    """Return a file's name without folders, ending, and what copying and turning put behind it.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
    """
    return _COPY_MARKS.sub("", PurePosixPath(name.replace("\\", "/")).stem)


def kin_by_name(names: Sequence[Iterable[str]]) -> Iterator[Kinship]:
    """Guess from names who is of one patient.

    Parameters
    ----------
    names : sequence of iterable of str
        All names of each picture; `IMG0002371.jpg` and `IMG0002373.jpg` are neighbours, `ann_left_ap.png` and
        `ann_right_lat.png` one examination's.

    Yields
    ------
    Kinship
        Chains, not all pairs.
    """
    numbered: dict[tuple[str, int], set[tuple[int, int]]] = defaultdict(set)
    viewed: dict[str, set[int]] = defaultdict(set)
    for place, several in enumerate(names):
        for name in several:
            stem = stem_of(name)
            match = _NUMBERED.match(stem)
            if match:
                numbered[match[1].lower(), len(match[2])].add((int(match[2]), place))
            rest = _without_side_and_view(stem)
            if rest is not None:
                viewed[rest].add(place)
    for found in numbered.values():
        ordered = sorted(found)
        for (low, first), (high, second) in pairwise(ordered):
            if first != second and high - low <= LARGEST_GAP:
                yield Kinship(first, second, "neighbouring_numbers")
    yield from _chains(viewed.values(), "sides_or_views")


def kin_by_key(keys: Sequence[str | None], evidence: str) -> Iterator[Kinship]:
    """Join what has the same key; None joins nothing.

    Parameters
    ----------
    keys : sequence of (str or None)
    evidence : str

    Yields
    ------
    Kinship
    """
    same: dict[str, set[int]] = defaultdict(set)
    for place, key in enumerate(keys):
        if key:
            same[key].add(place)
    yield from _chains(same.values(), evidence)


def _chains(groups: Iterable[set[int]], evidence: str) -> Iterator[Kinship]:
    for group in groups:
        ordered = sorted(group)
        for first, second in pairwise(ordered):
            yield Kinship(first, second, evidence)


def _without_side_and_view(stem: str) -> str | None:
    """Return a stem without its words for side and view; None without such a word, or with nothing left."""
    words = [word for word in re.split(r"[^a-z0-9]+", stem.lower()) if word]
    rest = [word for word in words if word not in _SIDES_AND_VIEWS]
    has_number_or_name = any(len(word) > 2 or word.isdigit() for word in rest)
    return " ".join(rest) if len(rest) < len(words) and has_number_or_name else None
