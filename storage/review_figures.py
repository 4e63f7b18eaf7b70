"""How often people agree with the answers: sensitivity, specificity and PPV of what they reviewed.

The newest review of a scan counts, of scans that no requeue has replaced. Agreement and disagreement with
`fractured` or `not_fractured` say what is true; `uncertain` and `abstained` claim nothing that could be true
or false, and an unsure review says nothing: these are counted apart, and are in no share.

People review what they choose, often the suspicious first. The shares hold for what was reviewed, and for all
scans only where scans were drawn for review without a look at their answers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, Select, func, select

from storage.devices import NAMES
from storage.filters import is_superseded
from storage.schema import REVIEWS, SCANS
from storage.shares import Share, share
from storage.translate import translated_errors
from storage.vocabulary import ABSTAINED, AGREE, DISAGREE, FRACTURED, NOT_FRACTURED, UNCERTAIN, UNSURE

By = Literal["all", "device", "region"]

_CELLS = {
    (FRACTURED, AGREE): "true_fractured",
    (FRACTURED, DISAGREE): "false_fractured",
    (NOT_FRACTURED, AGREE): "true_not_fractured",
    (NOT_FRACTURED, DISAGREE): "false_not_fractured",
    (FRACTURED, UNSURE): "unsure",
    (NOT_FRACTURED, UNSURE): "unsure",
    **{(UNCERTAIN, verdict): "uncertain" for verdict in (AGREE, DISAGREE, UNSURE)},
    **{(ABSTAINED, verdict): "abstained" for verdict in (AGREE, DISAGREE, UNSURE)},
}


@dataclass(slots=True)
class ReviewFigures:
    """What the reviews of some scans say.

    Attributes
    ----------
    by : {"all", "device", "region"}
        Whose scans: all, those of one device, those of one part of the body.
    group : str or None
        The device's hash or the region; None for all, and for scans whose header names no device, or of which
        the network names no region.
    name : str or None
        The group in words: manufacturer, model and station as the latest of the scans writes them, or the
        region.
    true_fractured, false_fractured, true_not_fractured, false_not_fractured : int
        Answers by their decision, and whether the reviewer says that it is true.
    unsure : int
        Answers of these two decisions whose reviewer is unsure.
    uncertain, abstained : int
        Reviewed answers that claim nothing, whatever the verdict.
    """

    by: By
    group: str | None = None
    name: str | None = None
    true_fractured: int = 0
    false_fractured: int = 0
    true_not_fractured: int = 0
    false_not_fractured: int = 0
    unsure: int = 0
    uncertain: int = 0
    abstained: int = 0

    @property
    def reviewed(self) -> int:
        """Scans that were reviewed, whatever came of it."""
        judged = self.true_fractured + self.false_fractured
        judged += self.true_not_fractured + self.false_not_fractured
        return judged + self.unsure + self.uncertain + self.abstained

    @property
    def sensitivity(self) -> Share | None:
        """Of the fractures, how many were answered `fractured`; None if no fracture was reviewed."""
        return share(self.true_fractured, self.true_fractured + self.false_not_fractured)

    @property
    def specificity(self) -> Share | None:
        """Of the scans without a fracture, how many were answered `not_fractured`; None of none."""
        return share(self.true_not_fractured, self.true_not_fractured + self.false_fractured)

    @property
    def ppv(self) -> Share | None:
        """Of the answers `fractured`, how many are true: positive predictive value; None of none."""
        return share(self.true_fractured, self.true_fractured + self.false_fractured)

    def add(self, decision: str, verdict: str, scans: int) -> None:
        """Count scans that were answered and reviewed alike.

        Parameters
        ----------
        decision, verdict : str
        scans : int
        """
        cell = _CELLS[decision, verdict]
        setattr(self, cell, getattr(self, cell) + scans)


def review_figures(engine: Engine) -> list[ReviewFigures]:
    """Return what reviews say, of all scans and by device and region.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    list of ReviewFigures
        All first, then each device and each region of which a scan was reviewed, those with the most first.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    everything = ReviewFigures("all")
    found: dict[tuple[By, str | None], ReviewFigures] = {}
    with translated_errors("counting reviews"), engine.connect() as connection:
        for row in map(dict, connection.execute(_counted()).mappings()):
            everything.add(row["decision"], row["verdict"], row["scans"])
            for by, group, name in _groups(row):
                one = found.setdefault((by, group), ReviewFigures(by, group))
                one.name = name or one.name
                one.add(row["decision"], row["verdict"], row["scans"])
    ordered = sorted(found.values(), key=lambda one: (one.by, -one.reviewed, one.name or "", one.group or ""))
    return [everything, *ordered]


def _groups(row: Mapping[str, Any]) -> Iterator[tuple[By, str | None, str | None]]:
    yield "device", row["device"], " ".join(row[name] for name in NAMES if row[name]) or None
    yield "region", row["region"], row["region"]


def _counted() -> Select[Any]:
    """Write the query for how many scans were answered and reviewed alike, in the order of their latest."""
    other = REVIEWS.alias().c
    newest = select(func.max(other.id)).where(other.scan_seq == REVIEWS.c.scan_seq).scalar_subquery()
    alike = (SCANS.c.device, *(SCANS.c[name] for name in NAMES), SCANS.c.region)
    alike = (*alike, REVIEWS.c.decision, REVIEWS.c.verdict)
    return (
        select(*alike, func.count().label("scans"))
        .select_from(REVIEWS)
        .join(SCANS, SCANS.c.seq == REVIEWS.c.scan_seq)
        .where(REVIEWS.c.id == newest, SCANS.c.is_canary.is_(False), ~is_superseded(SCANS.c.scan_id))
        .group_by(*alike)
        .order_by(func.max(SCANS.c.seq))
    )
