"""Sources: groups of files that are copies of one picture, each by a link that was verified."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.lab.audit.rotation import Turn, ring_spectra, similar_pairs, verify_turn

WHOLE: Final = 0.95
"""From this correlation of the rings on, before anything is shifted, two frames show one field: a crop of
a twentieth is below, and is found as reframed."""

_TRIES: Final = 3
_SAME_ASPECT: Final = 1.015


@dataclass(frozen=True, slots=True)
class Link:
    """Two pictures that were found to be one.

    Attributes
    ----------
    turn : Turn
    correlation, detail : float
        See `Agreement`.
    """

    turn: Turn
    correlation: float
    detail: float


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Which pictures are copies of each other.

    Attributes
    ----------
    groups : ndarray, shape (n,), int
        The same number for pictures that are one.
    links : tuple of Link
        What joined them: as few as are needed, the best ones. A group hangs together by its weakest.
    lookalikes : tuple of Turn
        Pairs of groups that looked alike and were found to be different pictures, mirrored ones included.
    """

    groups: NDArray[np.intp]
    links: tuple[Link, ...]
    lookalikes: tuple[Turn, ...]


class Groups:
    """Things that belong together, joined one by one."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, one: int) -> int:
        """Return the one that stands for its group.

        Parameters
        ----------
        one : int

        Returns
        -------
        int
        """
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        """Let two groups be one; the lower number stands for it.

        Parameters
        ----------
        one, other : int
        """
        low, high = sorted((self.root(one), self.root(other)))
        self._parent[high] = low

    def roots(self) -> NDArray[np.intp]:
        """Return the one that stands for each one's group.

        Returns
        -------
        ndarray, shape (n,), intp
        """
        return np.array([self.root(one) for one in range(len(self._parent))], np.intp)


def find_copies(
    squares: NDArray[np.uint8],
    centrals: NDArray[np.uint8],
    sizes: Sequence[tuple[int, int]],
    on_progress: Callable[[str, int, int], None],
) -> Copies:
    """Group pictures that are one, however turned, mirrored, inverted, toned or re-encoded.

    Groups are joined from the best pair on, and only by pairs that were laid on each other and agree: a chain
    of pictures that resemble each other a little does not make a group.

    Parameters
    ----------
    squares, centrals : ndarray, shape (n, 224, 224), uint8
        Of `square` and `central`.
    sizes : sequence of (int, int)
        Rows and columns of the pictures.
    on_progress : callable
        Called with the stage, how much of it is done, and of how much.

    Returns
    -------
    Copies
    """
    pairs = _pairs(squares, centrals, sizes, on_progress)
    groups = Groups(len(squares))
    links: list[Link] = []
    refused: Counter[tuple[int, int]] = Counter()
    lookalikes: list[Turn] = []
    for done, (turn, view) in enumerate(pairs, start=1):
        on_progress("verifying", done, len(pairs))
        one, other = sorted((groups.root(turn.first), groups.root(turn.second)))
        if one == other or refused[one, other] >= _TRIES:
            continue
        agreed = verify_turn(view[turn.first], view[turn.second], turn)
        if turn.correlation >= WHOLE and agreed is not None and agreed.is_same:
            groups.join(one, other)
            links.append(Link(turn, agreed.correlation, agreed.detail))
        else:
            if not refused[one, other]:
                lookalikes.append(turn)
            refused[one, other] += 1
    apart = {
        tuple(sorted((groups.root(turn.first), groups.root(turn.second)))): turn for turn in lookalikes[::-1]
    }
    return Copies(
        groups.roots(), tuple(links), tuple(turn for pair, turn in apart.items() if pair[0] != pair[1])[::-1]
    )


def _pairs(
    squares: NDArray[np.uint8],
    centrals: NDArray[np.uint8],
    sizes: Sequence[tuple[int, int]],
    on_progress: Callable[[str, int, int], None],
) -> list[tuple[Turn, NDArray[np.uint8]]]:
    """Find pairs in both views, the best first; pictures that are square look the same in both."""
    count = len(squares)
    turns = similar_pairs(ring_spectra(squares), lambda done: on_progress("comparing", done, count))
    found = [(turn, squares) for turn in turns]
    is_square = np.array([rows == columns for rows, columns in sizes], np.bool_)
    turns = similar_pairs(
        ring_spectra(centrals), lambda done: on_progress("comparing middles", done, count), is_square
    )
    found += [(turn, centrals) for turn in turns if _have_one_frame(sizes[turn.first], sizes[turn.second])]
    return sorted(found, key=lambda pair: (-pair[0].correlation, pair[0].first, pair[0].second))


def _have_one_frame(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two frames have one aspect, perhaps turned by 90 degrees: middles of crops agree too well."""
    aspects = [max(size) / min(size) for size in (one, other)]
    return max(aspects) / min(aspects) <= _SAME_ASPECT
