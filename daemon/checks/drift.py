"""Drift: whether recent scans are like those that the release was made with, by modality and device.

Few scans, or a change that chance explains, are no drift.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
import structlog

from daemon.checks.drift_groups import ALL, Group, grouped
from model.drift.reference import Reference
from model.drift.stability import index_by_chance, stability_index
from model.release import Release
from storage.engine import Engine
from storage.observed import observed
from storage.vocabulary import ABSTAINED, FRACTURED

State = Literal["steady", "moved", "too_few"]

LEAST_SCANS: Final = 50
RATES: Final = {"positive": FRACTURED, "abstained": ABSTAINED}
_MOST_FINDINGS: Final = 20

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
        ``too_few`` scans, ``steady`` or ``moved``.
    scans : int
        Compared.
    now : float
        The mean, or the share.
    was : float
        The same in the release.
    reference_scans : int
        Of the release, as many as count at the prevalence.
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
    was: float
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
    share = release.calibration.prevalence if prevalence is None else prevalence
    ordered = sorted(groups.items(), key=lambda item: (item[0] != (ALL, ALL), -item[1].decisions.total()))
    return [
        finding
        for key, group in ordered
        for finding in _findings(key, group, release.reference, share, bound)
    ]


def log_drift(findings: Iterable[Finding]) -> dict[str, Any]:
    """Log each measure that moved, and sum up.

    Parameters
    ----------
    findings : iterable of Finding

    Returns
    -------
    dict
        ``groups``, ``moved`` (how many measures), ``index`` (by measure, the highest), and ``findings``: what
        moved, at most 20, as mappings with the fields of `Finding`.
    """
    known = list(findings)
    moved = [one for one in known if one.state == "moved"]
    for one in moved[:_MOST_FINDINGS]:
        _log.warning(
            "drift_detected",
            measure=one.measure,
            modality=one.modality,
            device=one.device,
            index=one.index,
            now=one.now,
            was=one.was,
            scans=one.scans,
        )
    highest: dict[str, float] = {}
    for one in known:
        if one.index is not None:
            highest[one.measure] = max(one.index, highest.get(one.measure, 0.0))
    groups = {(one.modality, one.device) for one in known}
    return {
        "groups": len(groups),
        "moved": len(moved),
        "index": highest,
        "findings": [asdict(one) for one in moved[:_MOST_FINDINGS]],
    }


def _findings(
    key: tuple[str, str], group: Group, reference: Reference, prevalence: float, bound: float
) -> Iterator[Finding]:
    total, size = group.decisions.total(), reference.size(prevalence)
    for measure, decision in RATES.items():
        count, share = group.decisions[decision], reference.rate(decision, prevalence)
        now = _Now(key, measure, total, count / total, group.example)
        yield _finding(now, share, (count, total - count), (share, 1 - share), size, bound)
    for measure, values in group.values.items():
        if values:
            now = _Now(key, measure, len(values), float(np.mean(values)), group.example)
            counts = reference.spreads[measure].count(values)
            shares, was = reference.shares(measure, prevalence), reference.mean(measure, prevalence)
            yield _finding(now, was, counts, shares, size, bound)


@dataclass(frozen=True, slots=True)
class _Now:
    """One measure of one group, before it is compared."""

    key: tuple[str, str]
    measure: str
    scans: int
    value: float
    example: str


def _finding(
    now: _Now, was: float, counts: Sequence[float], shares: Sequence[float], size: float, bound: float
) -> Finding:
    """Compare counts of classes with their shares in a baseline of some size."""
    few = now.scans < LEAST_SCANS
    index = stability_index(counts, shares, size)
    by_chance = index_by_chance(now.scans, size, len(shares))
    return Finding(
        modality=now.key[0],
        device=now.key[1],
        measure=now.measure,
        state="too_few" if few else "moved" if index > max(bound, by_chance) else "steady",
        scans=now.scans,
        now=round(now.value, 4),
        was=round(was, 4),
        reference_scans=round(size),
        index=None if few else round(index, 4),
        by_chance=round(by_chance, 4) if np.isfinite(by_chance) else None,
        example=now.example,
    )
