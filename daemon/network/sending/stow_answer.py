"""What a web server answered to a store: object by object, by the UIDs that it names.

Its status alone says little: there are servers that answer 400 after they stored all parts but one, and name
no failed one; and such as answer 200 and left one out.

References
----------
PS3.18 10.5.3 and Annex I.2 Store Instances Response Module, F DICOM JSON Model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_REFERENCED: Final = "00081199"
_FAILED: Final = "00081198"
_INSTANCE: Final = "00081155"
_WARNING: Final = "00081196"
_REASON: Final = "00081197"


@dataclass(frozen=True, slots=True)
class StowAnswer:
    """What was answered of objects, by SOP instance UID.

    Parameters
    ----------
    stored : dict of str to (int or None)
        With the reason of a warning.
    failed : dict of str to int
        With the reason.
    """

    stored: dict[str, int | None] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)


def read_answer(body: Any) -> StowAnswer:
    """Read the answer of a server.

    Parameters
    ----------
    body : object
        Its JSON, parsed; anything else says nothing of any object.

    Returns
    -------
    StowAnswer
    """
    if isinstance(body, list) and len(body) == 1:  # some servers put the one data set into a list
        body = body[0]
    if not isinstance(body, Mapping):
        return StowAnswer()
    stored = {uid: _number(item, _WARNING) for uid, item in _items(body, _REFERENCED)}
    failed = {uid: _number(item, _REASON) or 0 for uid, item in _items(body, _FAILED)}
    return StowAnswer({uid: warning for uid, warning in stored.items() if uid not in failed}, failed)


def _items(body: Mapping[str, Any], sequence: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = []
    for item in values_of(body, sequence):
        uids = values_of(item, _INSTANCE)
        if uids and isinstance(uids[0], str):
            found.append((uids[0], item))
    return found


def _number(item: Mapping[str, Any], tag: str) -> int | None:
    values = values_of(item, tag)
    return values[0] if values and isinstance(values[0], int) else None


def values_of(item: Any, tag: str) -> list[Any]:
    """Return the values of an element, whatever a server wrote there.

    Parameters
    ----------
    item : object
        A data set in JSON, if it is one.
    tag : str
        Eight hexadecimal digits.

    Returns
    -------
    list
        Empty where it is none, or has none.
    """
    element = item.get(tag) if isinstance(item, Mapping) else None
    values = element.get("Value") if isinstance(element, Mapping) else None
    return values if isinstance(values, list) else []
