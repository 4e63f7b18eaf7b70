"""Coded concepts of the objects: from SNOMED CT and DICOM where these have one, else of a scheme of our own.

References
----------
PS3.16, CID 240 Present-Absent-Undetermined, CID 4031 Common Anatomic Regions, CID 244 Laterality.
"""

from typing import TYPE_CHECKING, Any, Final

from model.decisions.decision import Decision

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

SCHEME: Final = "99INBOXRAY"
SCHEME_NAME: Final = "inboxray: what its models answer"

Triple = tuple[str, str, str]
"""Code value, coding scheme designator, code meaning."""

FRACTURE: Final[Triple] = ("125605004", "SCT", "Fracture of bone")
PROBABILITY: Final[Triple] = ("probability", SCHEME, "Probability of a fracture")
DECISION: Final[Triple] = ("decision", SCHEME, "Decision of the model")
EVIDENCE: Final[Triple] = ("evidence", SCHEME, "What raised the score")
PER_CENT: Final[Triple] = ("%", "UCUM", "Percent")
COMMENT: Final[Triple] = ("121106", "DCM", "Comment")
RADIOGRAPHY: Final[Triple] = ("168537006", "SCT", "Plain radiography")
SOURCE_OF_PROCESSING: Final[Triple] = ("121322", "DCM", "Source image for image processing operation")

DECISIONS: Final[dict[Decision, Triple]] = {
    Decision.FRACTURED: ("fractured", SCHEME, "Fractured"),
    Decision.UNCERTAIN: ("uncertain", SCHEME, "Uncertain: between the thresholds"),
    Decision.ABSTAINED: ("abstained", SCHEME, "Abstained: the model knows nothing like this picture"),
    Decision.NOT_FRACTURED: ("not_fractured", SCHEME, "Not fractured"),
}
_UNDETERMINED: Final[Triple] = ("373068000", "SCT", "Undetermined")
PRESENCE: Final[dict[Decision, Triple]] = {
    Decision.FRACTURED: ("52101004", "SCT", "Present"),
    Decision.UNCERTAIN: _UNDETERMINED,
    Decision.ABSTAINED: _UNDETERMINED,
    Decision.NOT_FRACTURED: ("272519000", "SCT", "Absent"),
}
SITES: Final[dict[str, Triple]] = {
    "hand": ("85562004", "SCT", "Hand"),
    "leg": ("61685007", "SCT", "Lower limb"),
    "hip": ("29836001", "SCT", "Hip"),
    "shoulder": ("16982005", "SCT", "Shoulder"),
}
"""Of `model.regions.REGIONS`, those that are one place."""
SIDES: Final[dict[str, Triple]] = {"L": ("7771000", "SCT", "Left"), "R": ("24028007", "SCT", "Right")}


def concept(triple: Triple) -> "CodedConcept":
    """Make a coded concept of highdicom's.

    Parameters
    ----------
    triple : tuple of str

    Returns
    -------
    CodedConcept
    """
    from highdicom.sr import CodedConcept

    return CodedConcept(*triple)


def own_scheme() -> list[Any]:
    """Say what the scheme of our own is, for objects that use it.

    Returns
    -------
    list of CodingSchemeIdentificationItem
    """
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

    return [CodingSchemeIdentificationItem(designator=SCHEME, name=SCHEME_NAME)]
