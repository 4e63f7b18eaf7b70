"""Which rows of the view `results` are asked for, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.letters import has_part, is_same_text
from storage.schema import RESULTS, Review, Scan
from storage.times import require_aware
from storage.vocabulary import BY_SUSPICION, DECISIONS

Order = Literal["oldest", "newest", "suspicious"]


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
    order : {"oldest", "newest", "suspicious"}
        As recorded, the latest first, or what a person should see first: fractured, uncertain, abstained,
        failed, not fractured, rejected; by falling probability, the latest first.

    Raises
    ------
    ValueError
        If a time is naive.
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
    warning: str | None = None
    model: str | None = None
    sha256: str | None = None
    min_probability: float | None = None
    max_probability: float | None = None
    only_current: bool = False
    reviewed: bool | None = None
    limit: int | None = None
    offset: int = 0
    order: Order = "oldest"

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment is not None:
                require_aware(moment)


def matching(filters: Filters) -> Select[Any]:
    """Write the query for the rows of the view that match.

    The join brings `seq`, the order of recording, which the view does not show.

    Parameters
    ----------
    filters : Filters

    Returns
    -------
    Select
    """
    statement = select(RESULTS).join(Scan, Scan.scan_id == RESULTS.c.scan_id)
    statement = statement.where(*_exact(filters), *_in_any_case(filters), *_between(filters))
    statement = statement.order_by(*_order(filters.order))
    if filters.limit is not None:
        statement = statement.limit(filters.limit)
    return statement.offset(filters.offset) if filters.offset else statement


def is_superseded(scan_id: InstrumentedAttribute[str] | ColumnElement[str]) -> ColumnElement[bool]:
    """Say in SQL that a scan was requeued and has an answer since.

    Parameters
    ----------
    scan_id : column
        Of the scan.

    Returns
    -------
    ColumnElement of bool
    """
    again = aliased(Scan)
    return exists().where(again.requeued_from == scan_id)


def _exact(filters: Filters) -> Iterator[ColumnElement[bool]]:
    view = RESULTS.c
    equal = {
        view.decision: filters.decision,
        view.outcome: filters.outcome,
        view.error_code: filters.error_code,
        view.patient_id: filters.patient,
        view.study_instance_uid: filters.study,
        view.sha256: filters.sha256,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if filters.uid is not None:
        uids = (view.study_instance_uid, view.series_instance_uid, view.sop_instance_uid)
        yield or_(*(column == filters.uid for column in uids))
    if filters.warning is not None:
        listed = ";" + func.coalesce(view.warnings, "") + ";"
        yield listed.contains(f";{filters.warning};", autoescape=True)
    if filters.only_current:
        yield ~is_superseded(view.scan_id)
    if filters.reviewed is not None:
        is_reviewed = exists().where(Review.scan_seq == Scan.seq)
        yield is_reviewed if filters.reviewed else ~is_reviewed


def _in_any_case(filters: Filters) -> Iterator[ColumnElement[bool]]:
    view = RESULTS.c
    equal = {
        view.modality: filters.modality,
        view.region: filters.region,
        view.accession_number: filters.accession,
    }
    yield from (is_same_text(column, value) for column, value in equal.items() if value is not None)
    if filters.name is not None:
        yield has_part(view.source_name, filters.name)
    if filters.model is not None:
        yield has_part(view.model, filters.model)
    if filters.device is not None:
        names = (view.manufacturer, view.manufacturer_model_name, view.station_name)
        yield or_(*(has_part(name, filters.device) for name in names))


def _between(filters: Filters) -> Iterator[ColumnElement[bool]]:
    view = RESULTS.c
    if filters.since is not None:
        yield view.finished_at >= filters.since
    if filters.until is not None:
        yield view.finished_at < filters.until
    if filters.min_probability is not None:
        yield view.probability >= filters.min_probability
    if filters.max_probability is not None:
        yield view.probability <= filters.max_probability


def _order(order: Order) -> tuple[ColumnElement[Any], ...]:
    if order == "oldest":
        return (Scan.seq.asc(),)
    if order == "newest":
        return (Scan.seq.desc(),)
    places = enumerate(BY_SUSPICION)
    rank = case(
        *(((Scan.decision if word in DECISIONS else Scan.outcome) == word, place) for place, word in places)
    )
    return rank.asc(), func.coalesce(Scan.probability, 0.0).desc(), Scan.seq.desc()
