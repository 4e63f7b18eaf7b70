"""Which rows of the view `results` are asked for, and in which order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Text, case, cast, exists, false, or_, select, true

from storage.letters import has_part, is_same_text
from storage.schema import MODELS, REVIEWS, SCANS
from storage.times import require_aware
from storage.unindexed import unindexed

Order = Literal["oldest", "newest", "suspicious"]
Lead = Literal[
    "sha256",
    "patient",
    "study",
    "uid",
    "answer",
    "code",
    "reviewed",
    "time",
    "region",
    "modality",
    "device",
    "model",
    "all",
]
"""A filter that has an index of its own; "all": whichever the database likes."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which scans to return, and how; what is None does not filter.

    Attributes
    ----------
    decision, outcome, error_code : str or None
        Exactly these words.
    modality, region : str or None
        In capitals or not.
    since, until : datetime or None
        Aware; half-open on finished_at: since <= finished_at < until.
    patient, study : str or None
        The patient id and the study instance UID, as recorded.
    accession : str or None
        The accession number, in capitals or not.
    uid : str or None
        A study, series or SOP instance UID.
    name : str or None
        Part of the source's name, in capitals or not.
    device : str or None
        Part of manufacturer, model or station, in capitals or not.
    calling_ae : str or None
        The title of who sent the file over DICOM, in capitals or not.
    warning : str or None
        A code that is among the scan's warnings.
    model : str or None
        Part of the model's name and version, `name@version`, in capitals or not.
    sha256 : str or None
        Of the file's bytes, hexadecimal.
    min_probability, max_probability : float or None
        Of the reported probability, both inclusive; a scan without one does not match.
    only_current : bool
        Leave out a scan that was requeued and has an answer since.
    reviewed : bool or None
        True: only scans that a person has reviewed, False: only the others.
    limit : int or None
        Return at most so many.
    offset : int
        Leave out so many before them.
    after, before : str or None
        A scan's id: only what comes after it in this order, or the last ones before it. One at most.
    reach : int or None
        Where no index helps, look at so many scans and no more: of the latest, or as the order goes from
        where it begins.
    order : {"oldest", "newest", "suspicious"}
        As recorded, the latest first, or what a person should see first: fractured, uncertain, abstained,
        failed, not fractured, rejected; by falling probability, the latest first.

    Raises
    ------
    ValueError
        If a time is naive, or both ends of a part are given.
    """

    decision: str | None = None
    outcome: str | None = None
    error_code: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    patient: str | None = None
    study: str | None = None
    accession: str | None = None
    uid: str | None = None
    name: str | None = None
    modality: str | None = None
    region: str | None = None
    device: str | None = None
    calling_ae: str | None = None
    warning: str | None = None
    model: str | None = None
    sha256: str | None = None
    min_probability: float | None = None
    max_probability: float | None = None
    only_current: bool = False
    reviewed: bool | None = None
    limit: int | None = None
    offset: int = 0
    after: str | None = None
    before: str | None = None
    reach: int | None = None
    order: Order = "oldest"

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment is not None:
                require_aware(moment)
        if self.after is not None and self.before is not None:
            raise ValueError("a part of the results begins after one scan, or ends before one, not both")


def conditions(filters: Filters, lead: Lead | None = "all") -> Iterator[ColumnElement[bool]]:
    """Say in SQL which rows of `scans` match; canaries never do, for the view does not show them.

    Parameters
    ----------
    filters : Filters
        Order, limit, offset, and what comes after or before a scan, do not count.
    lead : Lead or None
        By what SQLite is to look for them; every other condition is left to be tested in each row.

    Yields
    ------
    ColumnElement of bool
    """
    yield SCANS.c.is_canary.is_(False)
    yield from _exact(filters, lead)
    yield from _in_any_case(filters)
    yield from _between(filters, lead)


def is_superseded(scan_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Say in SQL that a scan was requeued and has an answer since.

    Parameters
    ----------
    scan_id : column
        Of the scan.

    Returns
    -------
    ColumnElement of bool
    """
    return exists().where(_again().requeued_from == scan_id)


@cache
def _again() -> Any:
    """Return the columns by another name: to make one takes longer than the rest of a question."""
    return SCANS.alias().c


def _exact(filters: Filters, lead: Lead | None) -> Iterator[ColumnElement[bool]]:
    equal: tuple[tuple[Any, str | None, Lead], ...] = (
        (SCANS.c.decision, filters.decision, "answer"),
        (SCANS.c.outcome, filters.outcome, "code"),
        (SCANS.c.error_code, filters.error_code, "code"),
        (SCANS.c.patient_id, filters.patient, "patient"),
        (SCANS.c.study_instance_uid, filters.study, "study"),
        (SCANS.c.sha256, filters.sha256, "sha256"),
    )
    for column, value, of in equal:
        if value is not None:
            yield _led(column, of, lead) == value
    if filters.uid is not None:
        uids = (SCANS.c.study_instance_uid, SCANS.c.series_instance_uid, SCANS.c.sop_instance_uid)
        yield or_(*(_led(column, "uid", lead) == filters.uid for column in uids))
    if filters.warning is not None:
        has_it = cast(SCANS.c.warnings, Text).contains(json.dumps(filters.warning), autoescape=True)
        # What PostgreSQL has no statistics of it takes for rare, and sorts all instead of walking an order;
        # a choice it takes for a half. What is rare is found out by `storage.ways`.
        yield case((has_it, true()), else_=false())
    if filters.only_current:
        yield ~is_superseded(SCANS.c.scan_id)
    if filters.reviewed is not None:
        is_reviewed = exists().where(REVIEWS.c.scan_seq == SCANS.c.seq)
        by_reviews = SCANS.c.seq.in_(select(REVIEWS.c.scan_seq))
        if lead == "reviewed":
            yield by_reviews
        else:
            yield is_reviewed if filters.reviewed else ~is_reviewed


def _in_any_case(filters: Filters) -> Iterator[ColumnElement[bool]]:
    equal: dict[Any, str | None] = {
        SCANS.c.modality: filters.modality,
        SCANS.c.region: filters.region,
        SCANS.c.accession_number: filters.accession,
        SCANS.c.calling_ae: filters.calling_ae,
    }
    yield from (is_same_text(column, value) for column, value in equal.items() if value is not None)
    if filters.name is not None:
        source_name: Any = SCANS.c.source_name
        yield has_part(source_name, filters.name)
    if filters.model is not None:
        named = select(MODELS.c.id).where(has_part(MODELS.c.name + "@" + MODELS.c.version, filters.model))
        yield SCANS.c.model_id.in_(named)
    if filters.device is not None:
        names: tuple[Any, ...] = (SCANS.c.manufacturer, SCANS.c.manufacturer_model_name, SCANS.c.station_name)
        yield or_(*(has_part(name, filters.device) for name in names))


def _between(filters: Filters, lead: Lead | None) -> Iterator[ColumnElement[bool]]:
    finished = _led(SCANS.c.finished_at, "time", lead)
    if filters.since is not None:
        yield finished >= filters.since
    if filters.until is not None:
        yield finished < filters.until
    probability = _led(SCANS.c.probability, "answer", lead)
    if filters.min_probability is not None:
        yield probability >= filters.min_probability
    if filters.max_probability is not None:
        yield probability <= filters.max_probability


def _led(column: Any, of: Lead, lead: Lead | None) -> ColumnElement[Any]:
    return column if lead in (of, "all") else unindexed(column)
