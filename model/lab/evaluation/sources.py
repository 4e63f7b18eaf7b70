"""One vote a source: a copy is not a second opinion.

A source's files are copies of one picture, rotated ones too. Its vote is the mean of their logits; how much
that averaging helps is seen beside it, where one file drawn at random votes for each source.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import Decision
from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.scored import Floats, Scored

_EDGE = 1e-12  # a score of exactly 0 or 1 has no logit

DECISIONS = tuple(Decision)


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Sources with the votes of their files.

    Parameters
    ----------
    names : tuple of str
        n sources, sorted.
    labels : ndarray, shape (n,), float64
        1 is `fractured`.
    patients, provenances : tuple of str
    logits : ndarray, shape (n,), float64
    scores : ndarray, shape (n,), float64
        The calibrated probability of that logit: Platt's map is a straight line, so it is found from the
        mean of the scores' logits, whichever fold calibrated them.
    shares : ndarray, shape (n, 4), float64
        Share of a source's voting files with each decision, in the order of `Decision`.
    rows : tuple of tuple of int
        Which rows of the table vote for the source.
    """

    names: tuple[str, ...]
    labels: Floats
    patients: tuple[str, ...]
    provenances: tuple[str, ...]
    logits: Floats
    scores: Floats
    shares: Floats
    rows: tuple[tuple[int, ...], ...]

    def take(self, kept: NDArray[np.intp]) -> "Sources":
        """Return some of the sources, in that order.

        Parameters
        ----------
        kept : ndarray, shape (k,), intp
            Places of sources.

        Returns
        -------
        Sources
        """
        return Sources(
            tuple(self.names[i] for i in kept),
            self.labels[kept],
            tuple(self.patients[i] for i in kept),
            tuple(self.provenances[i] for i in kept),
            self.logits[kept],
            self.scores[kept],
            self.shares[kept],
            tuple(self.rows[i] for i in kept),
        )


def mean_votes(scored: Scored) -> Sources:
    """Let all files of a source vote: the mean of their logits.

    Parameters
    ----------
    scored : Scored

    Returns
    -------
    Sources

    Raises
    ------
    DatasetError
        A source has both labels, or belongs to two patients.
    """
    return _sources(scored, lambda rows: rows)


def one_file_votes(scored: Scored, seed: int) -> Sources:
    """Let one file of each source vote, drawn at random; the same seed draws the same files.

    Parameters
    ----------
    scored : Scored
    seed : int

    Returns
    -------
    Sources

    Raises
    ------
    DatasetError
        A source has both labels, or belongs to two patients.
    """
    rng = np.random.default_rng(seed)
    return _sources(scored, lambda rows: (rows[int(rng.integers(len(rows)))],))


def _sources(scored: Scored, voting: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Sources:
    files: dict[str, list[int]] = defaultdict(list)
    order = sorted(range(len(scored.examples)), key=lambda row: scored.examples[row].sha256)
    for row in order:
        files[scored.examples[row].source].append(row)
    names = tuple(sorted(files))
    for name in names:
        _refuse_torn(scored, files[name])
    rows = tuple(voting(tuple(files[name])) for name in names)
    first = [scored.examples[files[name][0]] for name in names]
    clipped = np.clip(scored.scores, _EDGE, 1.0 - _EDGE)
    evidence = np.log(clipped) - np.log1p(-clipped)
    decided = np.array([[one is kind for kind in DECISIONS] for one in scored.decisions], dtype=np.float64)
    return Sources(
        names=names,
        labels=np.array([example.label for example in first], dtype=np.float64),
        patients=tuple(example.patient for example in first),
        provenances=tuple(example.provenance for example in first),
        logits=np.array([scored.logits[list(one)].mean() for one in rows]),
        scores=1.0 / (1.0 + np.exp(-np.array([evidence[list(one)].mean() for one in rows]))),
        shares=np.stack([decided[list(one)].mean(axis=0) for one in rows]),
        rows=rows,
    )


def _refuse_torn(scored: Scored, rows: list[int]) -> None:
    """Refuse a source that could not be counted for one label and one patient."""
    members = [scored.examples[row] for row in rows]
    where = f"(sha256 {members[0].sha256[:12]})"
    if len({member.label for member in members}) > 1:
        raise DatasetError(
            f"copies of one picture have both labels; decide which it has, or remove it {where}"
        )
    if len({member.patient for member in members}) > 1:
        raise DatasetError(f"copies of one picture belong to two patients; give them one {where}")


def most_common(values: Iterable[str]) -> str:
    """Return what most files of a source have; of equally many the first in the alphabet.

    Parameters
    ----------
    values : iterable of str

    Returns
    -------
    str
    """
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))
