"""Drift: whether recent scans are like those that the release was made with, by modality and device.

What the release does not hold (those before 1.1.1 hold decisions only) is compared with the first scans of
the same group, and the finding says so. Few scans, or a change that chance explains, are no drift.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
import structlog

from daemon.checks.drift_groups import ALL, Group, Groups, grouped
from model.drift.reference import Reference
from model.drift.spread import Spread, spread_of
from model.drift.stability import index_by_chance, stability_index
from model.release import Release
from storage.engine import Engine
from storage.observed import observed
from storage.vocabulary import ABSTAINED, FRACTURED

State = Literal["steady", "moved", "too_few", "no_reference"]

LEAST_SCANS: Final = 50
RATES: Final = {"positive": FRACTURED, "abstained": ABSTAINED}
_FIRST_SCANS: Final = 500  # of a group: the baseline where the release has none
_MOST_ROWS: Final = 20_000
_MOST_LINES: Final = 20

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one group.

    Parameters
    ----------
    modality, device : str
        ``all`` for all scans; ``none`` where the header has none; the device is a hash.
    measure : str
        ``positive`` and ``abstained`` (shares of decisions), ``score``, or one of `model.drift.appearance`.
    state : str
        ``too_few`` scans, ``no_reference`` to compare with, ``steady`` or ``moved``.
    scans : int
        Compared.
    now : float
        The mean, or the share.
    was : float or None
    reference : str or None
        ``release``, or ``first scans`` of the same group.
    reference_scans : int
    index : float or None
        Population stability index.
    by_chance : float or None
        What equal populations of these sizes pass once in a thousand times.
    example : str
        The latest scan of the group: its header shows which device it is.
    """

    modality: str
    device: str
    measure: str
    state: State
    scans: int
    now: float
    was: float | None
    reference: str | None
    reference_scans: int
    index: float | None
    by_chance: float | None
    example: str


def compare(
    engine: Engine, release: Release, since: datetime, *, bound: float, prevalence: float | None = None
) -> list[Finding]:
    """Compare recent scans with the baseline.

    Parameters
    ----------
    engine : Engine
    release : Release
        Only its own scans are compared.
    since : datetime
        Aware: older scans are not recent.
    bound : float
        Index past which a measure has moved, if chance does not explain it.
    prevalence : float, optional
        Share of fractured scans here, at which the release's reference is read; without, that of its
        calibration.

    Returns
    -------
    list of Finding
        All scans first, then groups by falling number of scans.
    """
    groups = grouped(observed(engine, release.sha256, since=since))
    has_baseline = release.reference is not None and bool(release.reference.spreads)
    first: Groups = {}
    if groups and not has_baseline:
        first = grouped(observed(engine, release.sha256, until=since, limit=_MOST_ROWS), _FIRST_SCANS)
    share = release.calibration.prevalence if prevalence is None else prevalence
    ordered = sorted(groups.items(), key=lambda item: (item[0] != (ALL, ALL), -item[1].decisions.total()))
    return [
        finding
        for key, group in ordered
        for finding in _judge(key, group, _Before(release.reference, share, first.get(key)), bound)
    ]


def log_drift(findings: Iterable[Finding]) -> dict[str, Any]:
    """Log each measure that moved, and sum up.

    Parameters
    ----------
    findings : iterable of Finding

    Returns
    -------
    dict
        ``groups``, ``moved`` (how many measures), and ``index`` (by measure, the highest).
    """
    known = list(findings)
    moved = [one for one in known if one.state == "moved"]
    for one in moved[:_MOST_LINES]:
        _log.warning(
            "drift_detected",
            measure=one.measure,
            modality=one.modality,
            device=one.device,
            index=one.index,
            now=one.now,
            was=one.was,
            scans=one.scans,
            reference=one.reference,
        )
    highest: dict[str, float] = {}
    for one in known:
        if one.index is not None:
            highest[one.measure] = max(one.index, highest.get(one.measure, 0.0))
    groups = {(one.modality, one.device) for one in known}
    return {"groups": len(groups), "moved": len(moved), "index": highest}


@dataclass(frozen=True, slots=True)
class _Before:
    """What a group is compared with."""

    reference: Reference | None
    prevalence: float
    first: Group | None

    def rate(self, decision: str) -> tuple[str, float, float] | None:
        """Return its name, its size, and the share of a decision."""
        if self.reference is not None:
            size = self.reference.size(self.prevalence)
            return "release", size, self.reference.rate(decision, self.prevalence)
        if self.first is not None and self.first.decisions.total() >= LEAST_SCANS:
            total = self.first.decisions.total()
            return "first scans", total, self.first.decisions[decision] / total
        return None

    def spread(self, measure: str) -> tuple[str, float, Spread, Sequence[float], float] | None:
        """Return its name, its size, the classes, the share of each, and the mean."""
        if self.reference is not None and measure in self.reference.spreads:
            known, share = self.reference, self.prevalence
            shares, mean = known.shares(measure, share), known.mean(measure, share)
            return "release", known.size(share), known.spreads[measure], shares, mean
        values = self.first.values[measure] if self.first is not None else ()
        if len(values) < LEAST_SCANS:
            return None
        spread = spread_of({ALL: np.asarray(values)})
        return "first scans", len(values), spread, spread.shares[ALL], spread.means[ALL]


def _judge(key: tuple[str, str], group: Group, before: _Before, bound: float) -> Iterator[Finding]:
    total = group.decisions.total()
    for measure, decision in RATES.items():
        count, known = group.decisions[decision], before.rate(decision)
        about = _about(key, group, measure, total, count / total)
        if known is None:
            yield _finding(about, None, None, bound)
        else:
            name, size, share = known
            counted = ((count, total - count), (share, 1 - share), size)
            yield _finding(about, (name, size, share), counted, bound)
    for measure, values in group.values.items():
        if not values:
            continue
        about = _about(key, group, measure, len(values), float(np.mean(values)))
        spread = before.spread(measure)
        if spread is None:
            yield _finding(about, None, None, bound)
        else:
            name, size, classes, shares, mean = spread
            yield _finding(about, (name, size, mean), (classes.count(values), shares, size), bound)


def _about(key: tuple[str, str], group: Group, measure: str, scans: int, now: float) -> Mapping[str, Any]:
    return {
        "modality": key[0],
        "device": key[1],
        "measure": measure,
        "scans": scans,
        "now": round(now, 4),
        "example": group.example,
    }


def _finding(
    about: Mapping[str, Any],
    before: tuple[str, float, float] | None,
    counted: tuple[Sequence[float], Sequence[float], float] | None,
    bound: float,
) -> Finding:
    few = about["scans"] < LEAST_SCANS
    if before is None or counted is None:
        state: State = "too_few" if few else "no_reference"
        return Finding(
            **about, state=state, was=None, reference=None, reference_scans=0, index=None, by_chance=None
        )
    name, size, was = before
    index = stability_index(*counted)
    by_chance = index_by_chance(about["scans"], size, len(counted[1]))
    state = "too_few" if few else "moved" if index > max(bound, by_chance) else "steady"
    return Finding(
        **about,
        state=state,
        was=round(was, 4),
        reference=name,
        reference_scans=round(size),
        index=None if few else round(index, 4),
        by_chance=round(by_chance, 4) if np.isfinite(by_chance) else None,
    )
