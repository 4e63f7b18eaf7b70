"""What else is known around a scan: other pictures of its study, other rows of its file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from storage.filters import Filters
from storage.queries import results

if TYPE_CHECKING:
    from storage.engine import Engine

_MOST: Final = 24


def same_study(engine: "Engine", row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the other scans of a scan's study, as recorded.

    Parameters
    ----------
    engine : Engine
    row : mapping
        Of the table of scans.

    Returns
    -------
    list of mapping
        Rows of the view, at most two dozen; none if the scan names no study.
    """
    if not row["study_instance_uid"]:
        return []
    filters = Filters(study=row["study_instance_uid"], only_current=True, limit=_MOST + 1)
    return _without(row, engine, filters)


def same_file(engine: "Engine", row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the other rows of files with the same bytes: earlier and later answers, duplicates.

    Parameters
    ----------
    engine : Engine
    row : mapping
        Of the table of scans.

    Returns
    -------
    list of mapping
        Rows of the view, the latest first, at most two dozen; none if the bytes were never read.
    """
    if not row["sha256"]:
        return []
    return _without(row, engine, Filters(sha256=row["sha256"], order="newest", limit=_MOST + 1))


def _without(row: Mapping[str, Any], engine: "Engine", filters: Filters) -> list[Mapping[str, Any]]:
    found = [one for one in results(engine, filters) if one["scan_id"] != row["scan_id"]]
    return found[:_MOST]
