"""Values as their value representations want them: one that cannot be made so is left out."""

import re
from datetime import date, timedelta, timezone, tzinfo
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)+")
_DATE: Final = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
_TIME: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(\.\d{1,6})?)?)?")
_OFFSET: Final = re.compile(r"([+-])(\d{2})(\d{2})")
_MOST_UID_CHARACTERS: Final = 64
_MOST_NAME_CHARACTERS: Final = 64  # of each group
_MOST_NAME_GROUPS: Final = 3


def text(value: str | None, most_characters: int) -> str:
    """Clean a text of one value (LO, SH).

    Parameters
    ----------
    value : str or None
    most_characters : int

    Returns
    -------
    str
        Without control characters and spaces around; empty for what is too long, or is several values.
    """
    cleaned = _CONTROL.sub("", value or "").strip()
    return "" if "\\" in cleaned or len(cleaned) > most_characters else cleaned


def name(value: str | None) -> str:
    """Clean a person's name (PN): letters, ideographs and phonetics, each a group of components.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    str
        Empty for what has too many or too long groups, or is several names.
    """
    cleaned = _CONTROL.sub("", value or "").strip()
    groups = cleaned.split("=")
    is_sound = "\\" not in cleaned and len(groups) <= _MOST_NAME_GROUPS
    is_sound &= all(len(group) <= _MOST_NAME_CHARACTERS and group.count("^") < 5 for group in groups)
    return cleaned if is_sound else ""


def day(value: str | None) -> str:
    """Clean a date (DA); the form of ACR-NEMA, with dots, is understood.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    str
        ``YYYYMMDD``, or empty: a year alone is no date.
    """
    found = _DATE.fullmatch((value or "").strip(" \0"))
    if found is None:
        return ""
    try:
        return date(*map(int, found.groups())).strftime("%Y%m%d").rjust(8, "0")
    except ValueError:
        return ""


def clock_time(value: str | None) -> str:
    """Clean a time of day (TM); the form of ACR-NEMA, with colons, is understood.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    str
        ``HH`` to ``HHMMSS.FFFFFF``, or empty.
    """
    found = _TIME.fullmatch((value or "").strip(" \0"))
    if found is None:
        return ""
    hour, minute, second, fraction = found.groups()
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:
        return ""
    return "".join(part or "" for part in (hour, minute, second, fraction))


def word(value: str | None, allowed: tuple[str, ...]) -> str:
    """Clean a code string (CS) of a closed set.

    Parameters
    ----------
    value : str or None
        In capitals or not.
    allowed : tuple of str

    Returns
    -------
    str
        One of these, or empty.
    """
    upper = (value or "").strip(" \0").upper()
    return upper if upper in allowed else ""


def uid(value: str | None) -> str:
    """Clean a UID (UI).

    One whose parts begin with 0, which the standard forbids and some devices write, stays: archives file by
    it.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    str
        Or empty.
    """
    stripped = (value or "").strip(" \0")
    return stripped if len(stripped) <= _MOST_UID_CHARACTERS and _UID.fullmatch(stripped) else ""


def orientation(value: str | None) -> list[str]:
    """Clean Patient Orientation.

    Parameters
    ----------
    value : str or None
        Two directions, of rows and of columns, with a backslash between them.

    Returns
    -------
    list of str
        Two, or none.

    References
    ----------
    PS3.3 C.7.6.1.1.1 Patient Orientation.
    """
    found = [one.strip().upper() for one in (value or "").split("\\")]
    is_sound = len(found) == 2 and all(re.fullmatch(r"[APRLHF]{1,3}", one) for one in found)
    return found if is_sound else []


def zone(value: str | None) -> tzinfo | None:
    """Read Timezone Offset From UTC.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    tzinfo or None
        None for what is none.

    References
    ----------
    PS3.3 C.12.1.1.8.
    """
    found = _OFFSET.fullmatch((value or "").strip(" \0"))
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=14) or int(minutes) > 59:
        return None
    return timezone(-offset if sign == "-" else offset)
