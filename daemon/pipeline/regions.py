"""Whether the part of the body that a header names can be the one that the network sees."""

from collections.abc import Mapping
from typing import Final

WARNING: Final = "region_contradicts"

_POSSIBLE: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("HAND", "FINGER", "THUMB", "WRIST", "FOREARM", "ELBOW"), frozenset({"hand"})),
    **dict.fromkeys(("ARM", "HUMERUS", "UPARM", "UPPERARM"), frozenset({"hand", "shoulder"})),
    **dict.fromkeys(("SHOULDER", "CLAVICLE", "SCAPULA", "ACJOINT"), frozenset({"shoulder"})),
    **dict.fromkeys(("HIP", "PELVIS", "SIJOINT"), frozenset({"hip"})),
    **dict.fromkeys(("FEMUR", "THIGH", "UPLEG"), frozenset({"hip", "leg"})),
    **dict.fromkeys(
        ("LEG", "KNEE", "PATELLA", "TIBIA", "FIBULA", "TIBIAFIBULA", "LOWLEG", "ANKLE", "FOOT", "TOE"),
        frozenset({"leg"}),
    ),
    **dict.fromkeys(("CALCANEUS", "HEEL"), frozenset({"leg"})),
}
"""Body Part Examined, and what of a release's regions it may be.

References
----------
PS3.16, CID 4031 and annex L: the Defined Terms.
"""

_DISTINGUISHED: Final = frozenset({"hand", "leg", "hip", "shoulder"})


def contradicts(body_part: str | None, region: str | None) -> bool:
    """Say whether a header names another part of the body than the network sees.

    Parameters
    ----------
    body_part : str or None
        Body Part Examined.
    region : str or None
        One of a release's regions.

    Returns
    -------
    bool
        False wherever one of them says nothing, or nothing that excludes the other.
    """
    if body_part is None or region not in _DISTINGUISHED:
        return False
    possible = _POSSIBLE.get(body_part.strip().upper())
    return possible is not None and region not in possible
