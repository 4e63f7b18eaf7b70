"""What is taken: which SOP classes, each in which transfer syntaxes.

An SCP may know any number of SOP classes: the 128 presentation contexts of an association are the limit of
who asks for one (PS3.8 9.3.2.2: odd numbers from 1 to 255).
"""

from typing import Final

from model.reading.decoders.registry import ENCAPSULATED, NATIVE

VERIFICATION: Final = "1.2.840.10008.1.1"
STORAGE_COMMITMENT: Final = "1.2.840.10008.1.20.1"
STORAGE_COMMITMENT_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
IMPLICIT: Final = "1.2.840.10008.1.2"
EXPLICIT: Final = "1.2.840.10008.1.2.1"

_ROOT: Final = "1.2.840.10008.5.1.4.1.1."
IMAGE_STORAGE: Final = frozenset(
    _ROOT + last
    for last in (
        *("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1"),  # CR, DX, mammography, intra-oral
        *("2", "2.1", "2.2"),  # CT
        *("3", "3.1", "6", "6.1", "6.2", "6.3"),  # ultrasound, two of them retired; photoacoustic
        *("4", "4.1", "4.3", "4.4"),  # MR
        *("5", "20"),  # nuclear medicine, one retired
        *("7", "7.1", "7.2", "7.3", "7.4"),  # secondary capture
        *("12.1", "12.1.1", "12.2", "12.2.1", "12.3"),  # angiography, fluoroscopy, bi-plane (retired)
        *("13.1.1", "13.1.2", "13.1.3", "13.1.4", "13.1.5"),  # X-ray 3D, tomosynthesis, projection
        *("14.1", "14.2"),  # intravascular OCT
        *("30", "66.4"),  # parametric map, segmentation
        *("77.1", "77.2"),  # visible light (retired)
        *("77.1.1", "77.1.1.1", "77.1.2", "77.1.2.1", "77.1.3", "77.1.4", "77.1.4.1"),  # visible light
        *("77.1.5.1", "77.1.5.2", "77.1.5.4", "77.1.5.5", "77.1.5.6", "77.1.5.7"),  # ophthalmic
        *("77.1.6", "77.1.7", "77.1.8", "77.1.9"),  # microscopy, dermoscopy
        *("81.1", "82.1"),  # ophthalmic maps
        *("128", "128.1", "130"),  # PET
        *("481.1", "481.2", "481.23", "481.24"),  # RT image and dose
    )
)
"""SOP classes whose instances hold pictures.

References
----------
PS3.4 B.5 Standard SOP Classes, PS3.6 A.
"""

TRANSFER_SYNTAXES: Final = NATIVE | ENCAPSULATED
"""All that inboxray decodes."""
_WITHOUT_PIXELS: Final = frozenset({IMPLICIT, EXPLICIT})


def transfer_syntaxes_of(sop_class_uid: str, *, commits: bool) -> frozenset[str]:
    """Say in which transfer syntaxes a SOP class is taken.

    Parameters
    ----------
    sop_class_uid : str
    commits : bool
        Storage commitment is answered.

    Returns
    -------
    frozenset of str
        Empty for a SOP class that is not taken.
    """
    if sop_class_uid in IMAGE_STORAGE:
        return TRANSFER_SYNTAXES
    if sop_class_uid == VERIFICATION or (commits and sop_class_uid == STORAGE_COMMITMENT):
        return _WITHOUT_PIXELS
    return frozenset()
