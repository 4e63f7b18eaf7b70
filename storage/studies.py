"""Studies: by name, or in the order of the scans that decide them.

A study stands where its worst scan stands, and is chosen by what is asked of that scan. So the list of
studies is the list of scans with all left out that do not decide, in whatever order and part is wanted.
"""

from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, or_, select

from storage.filters import Filters, is_superseded
from storage.queries import reading, rows_in
from storage.recorded_since import New
from storage.schema import MODELS, SCANS
from storage.study import Study, StudyScan, study_of

_FIRST_CHUNK: Final = 100
_MOST_A_CHUNK: Final = 2000
_UIDS_A_QUESTION: Final = 200
_MOST_KNOWN: Final = 50_000
"""Studies of which it is remembered which scan decides, while a list is walked."""
_IDS_A_QUESTION: Final = 500
_COLUMNS: Final = tuple(StudyScan.__dataclass_fields__)


def studies(engine: Engine, filters: Filters | None = None) -> Generator[Study, None, None]:
    """Yield studies; exhaust or close the iterator, for it holds a connection.

    Parameters
    ----------
    engine : Engine
        May be read-only.
    filters : Filters, optional
        Asked of the scan that decides a study: which studies, in which order, how many, and after or before
        which scan. Their offset does not count.

    Yields
    ------
    Study
        Of one state of the database.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    NoSuchScan
        No scan has the id that they begin after, or end before.
    """
    filters = replace(filters or Filters(), offset=0)
    with reading(engine, "reading studies") as connection:
        if filters.before is None:
            yield from _walked(connection, filters)
        else:
            yield from reversed(list(_walked(connection, filters)))


def studies_named(engine: Engine, uids: Collection[str]) -> dict[str, Study]:
    """Return studies by their Study Instance UID.

    Parameters
    ----------
    engine : Engine
    uids : collection of str
        As rows hold them.

    Returns
    -------
    dict of str to Study
        Without those that have no row.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading studies") as connection:
        return _studies_in(connection, uids)


def lone_studies(engine: Engine, scan_ids: Collection[str]) -> dict[str, Study]:
    """Return scans that name no study, each as one of its own.

    Parameters
    ----------
    engine : Engine
    scan_ids : collection of str

    Returns
    -------
    dict of str to Study
        By the id of the scan; without those that were requeued and answered since.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    with reading(engine, "reading scans without a study") as connection:
        return _lone(connection, scan_ids)


@dataclass(frozen=True, slots=True)
class Member:
    """A scan, and the study that it belongs to.

    Parameters
    ----------
    scan_id : str
    study_instance_uid : str or None
    finished_at : datetime
    """

    scan_id: str
    study_instance_uid: str | None
    finished_at: datetime


def members_of(engine: Engine, new: New) -> list[Member]:
    """Say to which studies new rows belong, whatever the answer in them.

    Parameters
    ----------
    engine : Engine
    new : New

    Returns
    -------
    list of Member
        In the order of recording; canaries are none.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    spans = or_(False, *(SCANS.c.seq.between(first, last) for first, last in new.spans))
    with reading(engine, "reading new rows") as connection:
        return members(connection, spans)


def members(connection: Connection, which: ColumnElement[bool]) -> list[Member]:
    """Say to which study scans belong: the answer to a requeued file belongs where its first one does.

    Parameters
    ----------
    connection : Connection
        Of `storage.queries.reading`.
    which : ColumnElement of bool
        Of `scans`.

    Returns
    -------
    list of Member
        In the order of recording; canaries are none.
    """
    wanted = select(SCANS.c.scan_id, SCANS.c.study_instance_uid, SCANS.c.finished_at, SCANS.c.requeued_from)
    rows = connection.execute(wanted.where(which, SCANS.c.is_canary.is_(False)).order_by(SCANS.c.seq)).all()
    named: dict[str, str | None] = {}
    nameless = [row.scan_id for row in rows if not row.study_instance_uid and row.requeued_from]
    for at in range(0, len(nameless), _IDS_A_QUESTION):
        some = nameless[at : at + _IDS_A_QUESTION]
        back = (
            select(
                SCANS.c.scan_id,
                SCANS.c.requeued_from.label("earlier"),
                SCANS.c.study_instance_uid.label("uid"),
            )
            .where(SCANS.c.scan_id.in_(some))
            .cte("back", recursive=True)
        )
        before = SCANS.alias().c
        back = back.union(
            select(back.c.scan_id, before.requeued_from, before.study_instance_uid).where(
                before.scan_id == back.c.earlier, back.c.uid.is_(None)
            )
        )
        found = connection.execute(select(back.c.scan_id, back.c.uid).where(back.c.uid.is_not(None)))
        named.update((row.scan_id, row.uid) for row in found)
    return [
        Member(row.scan_id, row.study_instance_uid or named.get(row.scan_id), row.finished_at) for row in rows
    ]


def _walked(connection: Connection, filters: Filters) -> Iterator[Study]:
    """Yield studies in the order in which a walk over the scans meets them."""
    left, size, place = filters.limit, _FIRST_CHUNK, filters.after or filters.before
    end = "after" if filters.before is None else "before"
    deciding: dict[str, str] = {}
    while left is None or left > 0:
        part: Any = {end: place, "limit": size}
        rows = list(rows_in(connection, replace(filters, **part)))
        if end == "before":
            rows.reverse()
        for study in _decided(connection, [row["scan_id"] for row in rows], deciding):
            yield study
            left = None if left is None else left - 1
            if left == 0:
                return
        if len(rows) < size:
            return
        place, size = rows[-1]["scan_id"], min(2 * size, _MOST_A_CHUNK)


def _decided(connection: Connection, scan_ids: list[str], deciding: dict[str, str]) -> Iterator[Study]:
    """Yield the studies that some scans decide, in the order of these."""
    found_in = members(connection, SCANS.c.scan_id.in_(scan_ids))
    named = {one.scan_id: one.study_instance_uid for one in found_in}
    wanted = {uid for one in scan_ids if (uid := named.get(one)) and deciding.get(uid, one) == one}
    found = _studies_in(connection, wanted)
    if len(deciding) > _MOST_KNOWN:
        deciding.clear()
    deciding.update((uid, study.deciding.scan_id) for uid, study in found.items())
    lone = _lone(connection, [one for one in scan_ids if not named.get(one)])
    for one in scan_ids:
        uid = named.get(one)
        study = found.get(uid) if uid else lone.get(one)
        if study is not None and study.deciding.scan_id == one:
            yield study


def _lone(connection: Connection, scan_ids: Collection[str]) -> dict[str, Study]:
    ordered, rows = sorted(scan_ids), []
    for at in range(0, len(ordered), _IDS_A_QUESTION):
        which = SCANS.c.scan_id.in_(ordered[at : at + _IDS_A_QUESTION])
        rows += _rows(connection, SCANS.c.study_instance_uid, which)
    return {row.scan_id: study_of(None, [row]) for row in rows}


def _studies_in(connection: Connection, uids: Collection[str]) -> dict[str, Study]:
    by_study: dict[str, list[StudyScan]] = {}
    ordered = sorted(uids)
    for at in range(0, len(ordered), _UIDS_A_QUESTION):
        some = ordered[at : at + _UIDS_A_QUESTION]
        member = (
            select(SCANS.c.seq, SCANS.c.scan_id, SCANS.c.study_instance_uid.label("uid"))
            .where(SCANS.c.study_instance_uid.in_(some))
            .cte("member", recursive=True)
        )
        again = SCANS.alias().c  # whose header may never have been read
        member = member.union(
            select(again.seq, again.scan_id, member.c.uid).where(again.requeued_from == member.c.scan_id)
        )
        for row in _rows(connection, member.c.uid, SCANS.c.seq == member.c.seq):
            by_study.setdefault(row.study_instance_uid or "", []).append(row)
    return {uid: study_of(uid, rows) for uid, rows in by_study.items()}


def _rows(connection: Connection, uid: Any, which: ColumnElement[bool]) -> list[StudyScan]:
    """Read the rows that stand: none that was requeued and answered since."""
    made = {"model": MODELS.c.name + "@" + MODELS.c.version, "study_instance_uid": uid}
    columns: list[Any] = [made.get(name, SCANS.c.get(name)) for name in _COLUMNS]
    statement = (
        select(*columns)
        .select_from(SCANS)
        .outerjoin(MODELS, MODELS.c.id == SCANS.c.model_id)
        .where(which, SCANS.c.is_canary.is_(False), ~is_superseded(SCANS.c.scan_id))
    )
    return [StudyScan(*row) for row in connection.execute(statement)]
