"""What becomes of each element: a list of those that stay, and how; every other one is removed.

The Basic Profile of the standard is a list of what must go, which grows with each of its editions; what it
does not name may stay. This is the other way round: a private element, one of a later edition, an overlay and
a curve are removed without being known. Whether what stays may stay by the profile, a test compares with its
table, as `dicom-anonymizer` keeps it.

References
----------
PS3.15 Table E.1-1 and E.3.6 Retain Longitudinal Temporal Information Options; PS3.6.
"""

from enum import Enum
from functools import cache
from typing import Final

from model.deidentification.kept_elements import KEPT


class Action(Enum):
    """What becomes of an element."""

    KEEP = "keep"
    """Its value stays, if it is of the kind that its value representation wants, and ASCII."""
    MAP_UID = "map"
    """The same UID is the same other UID, wherever it stands."""
    SHIFT = "shift"
    """A date or time: moved as all others of the patient."""
    NAME = "name"
    """Becomes the patient's pseudonym."""
    EMPTY = "empty"
    """Has to be there, and has no value."""


SHIFTED_PAIRS: Final = (
    ("StudyDate", "StudyTime"),
    ("SeriesDate", "SeriesTime"),
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
)
"""Dates and the times of day that belong to them."""
SHIFTED_DATE_TIME: Final = "AcquisitionDateTime"
NAMED: Final = ("PatientName", "PatientID")
MAPPED: Final = (
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ReferencedSOPInstanceUID",
    "IrradiationEventUID",
)
EMPTIED: Final = (
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "ContrastBolusAgent",
    "AcquisitionContextSequence",
)
"""Of type 2 in the objects that have them, which want them to be there."""
ALWAYS: Final = (
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "StudyDate",
    "StudyTime",
)
"""Of type 2 in every object: there also where the original lacks them."""
_IN_ITEMS: Final = frozenset({Action.KEEP, Action.MAP_UID})


@cache
def _actions() -> dict[int, Action]:
    from pydicom.datadict import tag_for_keyword

    named = {
        Action.KEEP: KEPT,
        Action.MAP_UID: MAPPED,
        Action.SHIFT: (*(one for pair in SHIFTED_PAIRS for one in pair), SHIFTED_DATE_TIME),
        Action.NAME: NAMED,
        Action.EMPTY: EMPTIED,
    }
    made: dict[int, Action] = {}
    for action, keywords in named.items():
        for keyword in keywords:
            tag = tag_for_keyword(keyword)
            assert tag is not None, keyword
            assert tag not in made, keyword
            made[tag] = action
    return made


def action_for(tag: int, *, is_nested: bool = False) -> Action | None:
    """Say what becomes of an element.

    Parameters
    ----------
    tag : int
        Group and element.
    is_nested : bool
        It stands in an item of a sequence.

    Returns
    -------
    Action or None
        None: it is removed.
    """
    action = _actions().get(tag)
    return action if not is_nested or action in _IN_ITEMS else None


def tags_by_action() -> dict[int, Action]:
    """Return every element that is not removed.

    Returns
    -------
    dict of int to Action
    """
    return dict(_actions())
