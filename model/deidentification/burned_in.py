"""Signs that a patient's name may stand in the picture itself, where nothing here looks for it.

References
----------
PS3.3 C.7.6.1.1.1 Image Type, C.7.6.1 Burned In Annotation, C.8.6.1 Conversion Type, C.9.2 Overlay Plane;
PS3.15 E.3.1 Clean Pixel Data Option, which is not claimed.
"""

from typing import TYPE_CHECKING, Final

from model.deidentification.header import raw_value

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SIGNS: Final = {
    "burned_in_stated": "Burned In Annotation says so",
    "burned_in_capture": "a secondary capture: a picture of a screen, a film or a paper",
    "burned_in_modality": "a modality that writes into its pictures, such as US",
    "burned_in_digitiser": "made by a digitiser of films, which have their labels on them",
    "burned_in_colour": "a radiograph in colour is a picture of something else",
    "burned_in_screen": "Image Type says that it is a picture of a screen",
    "burned_in_overlay": "an overlay lies in unused bits of the pixels",
    "burned_in_comment": "the JPEG stream itself has a comment or data of an application",
}
"""Category and what it means."""
_CAPTURES: Final = "1.2.840.10008.5.1.4.1.1.7"
_WRITING: Final = ("US", "ES", "OT", "SC", "XC", "GM", "SM", "IVUS", "OCT", "OP", "DOC", "ECG", "EPS", "HC")
_DIGITISERS: Final = ("VIDAR", "LUMISYS", "HOWTEK", "DIGITIZER", "DIGITISER", "FILM SCAN", "DIAGNOSTICPRO")
_OVERLAYS: Final = range(0x6000, 0x6020, 2)
_SCAN, _COMMENT = 0xDA, 0xFE
_APPLICATIONS: Final = frozenset(range(0xE1, 0xF0)) - {0xE8, 0xEE}
"""Markers of segments of applications, but those of SPIFF and Adobe, which are about colours and sizes."""
_OF_ENCODERS: Final = (b"MITRA_DICOM_STANDARD",)
"""Comments that an encoder writes into each of its streams."""


def signs_of(dataset: "Dataset", stream: bytes) -> tuple[str, ...]:
    """Say why a picture may have text in it.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        Of the original.
    stream : bytes
        The first bytes of the first encoded frame; empty of pixels that are not encoded.

    Returns
    -------
    tuple of str
        Of `SIGNS`; empty if nothing says so, which proves nothing.
    """
    photometric = _upper(dataset, 0x0028_0004)
    found = {
        "burned_in_stated": _upper(dataset, 0x0028_0301) == "YES",
        "burned_in_capture": _upper(dataset, 0x0008_0016).startswith(_CAPTURES),
        "burned_in_modality": _upper(dataset, 0x0008_0060) in _WRITING,
        "burned_in_digitiser": _is_digitised(dataset),
        "burned_in_colour": bool(photometric) and not photometric.startswith("MONOCHROME"),
        "burned_in_screen": "SCREEN" in _upper(dataset, 0x0008_0008),
        "burned_in_overlay": any(_is_in_pixels(dataset, group) for group in _OVERLAYS),
        "burned_in_comment": has_words(stream),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _is_digitised(dataset: "Dataset") -> bool:
    makers = " ".join(_upper(dataset, tag) for tag in (0x0008_0070, 0x0008_1090, 0x0018_1016, 0x0018_1018))
    return bool(_upper(dataset, 0x0008_0064)) or any(word in makers for word in _DIGITISERS)


def _is_in_pixels(dataset: "Dataset", group: int) -> bool:
    """Return whether an overlay has a plane and no data of its own."""
    return (group << 16 | 0x0010) in dataset and (group << 16 | 0x3000) not in dataset


def has_words(stream: bytes) -> bool:
    """Return whether a JPEG stream has segments for words before its picture.

    Parameters
    ----------
    stream : bytes

    Returns
    -------
    bool
        False for what is no JPEG; JFIF's, SPIFF's and Adobe's segments have none.
    """
    place = 2
    while stream.startswith(b"\xff\xd8") and place + 4 <= len(stream) and stream[place] == 0xFF:
        marker = stream[place + 1]
        end = place + 2 + int.from_bytes(stream[place + 2 : place + 4], "big")
        is_comment = marker == _COMMENT and stream[place + 4 : end].rstrip(b"\0 ") not in _OF_ENCODERS
        if is_comment or marker in _APPLICATIONS:
            return True
        if marker == _SCAN:
            return False
        place = end
    return False


def _upper(dataset: "Dataset", tag: int) -> str:
    return (raw_value(dataset, tag) or b"").decode("ascii", "replace").strip(" \0").upper()
