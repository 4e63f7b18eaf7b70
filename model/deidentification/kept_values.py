"""Values that may stay: of the kind that their element is for, plain, and short; any other is no value.

An element can hold anything whatever its name. Text is printable ASCII, or it goes: a name in ideographs, or
behind an escape sequence, cannot hide in what is left.

References
----------
PS3.5 6.2 Value Representation.
"""

import re
from typing import Final

TEXTS: Final = frozenset({"CS", "LO", "SH", "AS"})
_DECIMALS: Final = frozenset({"DS", "IS"})
_BYTES: Final = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "OW": 2, "OB": 1, "OV": 8, "AT": 4}
_NUMBER: Final = re.compile(rb"[0-9+\-.eE \\]*")
_TEXT: Final = re.compile(rb"[\x20-\x7e]*")
_MOST_CHARACTERS: Final = 64
_MOST_VALUES: Final = 16
_MOST_NUMBER_BYTES: Final = 4096  # vertices of a shutter, offsets of a lens
_MOST_BYTES: Final = 256
_TABLES: Final = frozenset(
    {
        "LUTData",
        "ExtendedOffsetTable",
        "ExtendedOffsetTableLengths",
        "RedPaletteColorLookupTableData",
        "GreenPaletteColorLookupTableData",
        "BluePaletteColorLookupTableData",
        "SegmentedRedPaletteColorLookupTableData",
        "SegmentedGreenPaletteColorLookupTableData",
        "SegmentedBluePaletteColorLookupTableData",
    }
)


def may_stay(value: bytes, keyword: str, vr: str) -> bool:
    """Return whether a value is one that its element is for.

    Parameters
    ----------
    value : bytes
        As it lies in the file.
    keyword : str
    vr : str
        Value representation of the dictionary; of several, such as ``US or SS``, all.

    Returns
    -------
    bool
    """
    if keyword in _TABLES:
        return True
    if vr in TEXTS:
        plain = value.rstrip(b" \0")
        parts = plain.split(b"\\")
        is_short = len(parts) <= _MOST_VALUES and all(len(part) <= _MOST_CHARACTERS for part in parts)
        return is_short and _TEXT.fullmatch(plain) is not None
    if vr in _DECIMALS:
        return len(value) <= _MOST_NUMBER_BYTES and _NUMBER.fullmatch(value.rstrip(b" \0")) is not None
    sizes = {_BYTES[one] for one in vr.split(" or ") if one in _BYTES}
    return bool(sizes) and len(value) <= _MOST_BYTES and len(value) % min(sizes) == 0


class Words:
    """Finds in texts what distinguishes a patient from others: parts of names, and identifiers."""

    _PART: Final = re.compile(rb"[0-9A-Za-z]{3,}")

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def learn(self, value: bytes) -> None:
        """Take the parts of a name or an identifier, three characters and longer.

        Parameters
        ----------
        value : bytes
        """
        self._known.update(part.upper() for part in self._PART.findall(value))

    def are_in(self, value: bytes) -> bool:
        """Return whether a part of one is a word of a text.

        Parameters
        ----------
        value : bytes

        Returns
        -------
        bool
        """
        return any(part.upper() in self._known for part in self._PART.findall(value))
