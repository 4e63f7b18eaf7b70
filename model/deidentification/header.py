"""A header without what says whose it is: each element by its action, and nothing else of the original.

References
----------
PS3.15 E.1.1 De-identifier, E.3.6 Retain Longitudinal Temporal Information Options.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from model.deidentification.actions import (
    ALWAYS,
    SHIFTED_DATE_TIME,
    SHIFTED_PAIRS,
    Action,
    action_for,
)
from model.deidentification.encoding import Encoding
from model.deidentification.kept_values import TEXTS, Words, may_stay
from model.deidentification.mark import METHODS, marks
from model.deidentification.moved_times import moved_date_time, moved_pair
from model.deidentification.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

IDENTIFIER_IN_KEPT: Final = "identifier_in_kept_element"
"""A category: an element that may stay had a part of a name or identifier in it, and was emptied."""
_IDENTIFYING: Final = frozenset(
    {"PatientID", "OtherPatientIDs", "AccessionNumber", "PatientAddress", "PatientTelephoneNumbers"}
)
_STANDARD: Final = b"1.2.840.10008."
_MOST_LEVELS: Final = 16
_CODE: Final = ("CodeValue", "SH")


class HeaderWriter:
    """Writes the elements of one file that stay.

    Parameters
    ----------
    encoding : Encoding
        Of what is written; its byte order is that of the file.
    pseudonyms : Pseudonyms
    patient : str
        Pseudonym of the patient.

    Attributes
    ----------
    warnings : set of str
        Categories.
    """

    def __init__(self, encoding: Encoding, pseudonyms: Pseudonyms, patient: str) -> None:
        self._encoding, self._pseudonyms, self._patient = encoding, pseudonyms, patient
        self._shift = pseudonyms.shift(patient)
        self._words = Words()
        self.warnings: set[str] = set()

    def elements(self, dataset: "Dataset", sop_instance_uid: str, method: str) -> dict[int, bytes]:
        """Write the elements of a data set, without its pixels.

        Parameters
        ----------
        dataset : pydicom.dataset.Dataset
        sop_instance_uid : str
            That of the result.
        method : str
            What de-identifies, for people.

        Returns
        -------
        dict of int to bytes
            By tag.
        """
        self._learn(dataset)
        made = dict(self._kept(dataset, is_nested=False))
        made |= self._shifted(dataset)
        made |= self._said(sop_instance_uid, method)
        for keyword in ALWAYS:
            tag, vr = _known(keyword)
            made.setdefault(tag, self._encoding.element(tag, vr, b""))
        return made

    def _kept(self, dataset: "Dataset", *, is_nested: bool, level: int = 0) -> Iterator[tuple[int, bytes]]:
        for tag in map(int, dataset.keys()):
            action = action_for(tag, is_nested=is_nested)
            if action in (None, Action.SHIFT) or level > _MOST_LEVELS:
                continue
            written = self._written(dataset, tag, action, level)
            if written is not None:
                yield tag, written

    def _written(self, dataset: "Dataset", tag: int, action: Action, level: int) -> bytes | None:
        keyword, vr = _dictionary(tag)
        if action is Action.NAME:
            return self._encoding.element(tag, vr, self._patient.encode())
        if action is Action.EMPTY:
            return self._encoding.element(tag, vr, b"")
        if vr == "SQ":
            items = [b"".join(self._item(item, level)) for item in items_of(dataset, tag)]
            return self._encoding.sequence(tag, items)
        value = raw_value(dataset, tag)
        if value is None:
            return None
        if vr == "UI":
            return self._uids(tag, value, action)
        if not may_stay(value, keyword, vr):
            value = b""
        if vr in TEXTS and self._words.are_in(value):
            self.warnings.add(IDENTIFIER_IN_KEPT)
            value = b""
        return self._encoding.element(tag, _vr_in_file(dataset, tag, vr), value)

    def _item(self, item: "Dataset", level: int) -> list[bytes]:
        made = dict(self._kept(item, is_nested=True, level=level + 1))
        code, meaning = _known("CodeValue")[0], _known("CodeMeaning")
        if code in made and made.get(meaning[0]) == self._encoding.element(*meaning, b""):
            as_code = raw_value(item, code) or b""  # the meaning is of type 1, and was no ASCII
            made[meaning[0]] = self._encoding.element(*meaning, as_code if may_stay(as_code, *_CODE) else b"")
        return [made[tag] for tag in sorted(made)]

    def _uids(self, tag: int, value: bytes, action: Action) -> bytes | None:
        found = [one for one in value.rstrip(b" \0").split(b"\\") if one]
        if action is Action.KEEP:  # a class; one of a maker could name a site
            if not found or not all(one.startswith(_STANDARD) for one in found):
                return None
            return self._encoding.element(tag, "UI", value.rstrip(b" \0"))
        mapped = [self._pseudonyms.uid(one.decode("ascii", "replace").strip()) for one in found]
        return self._encoding.element(tag, "UI", "\\".join(mapped).encode())

    def _shifted(self, dataset: "Dataset") -> Iterator[tuple[int, bytes]]:
        for date, time in SHIFTED_PAIRS:
            moved = moved_pair(_text(dataset, date), _text(dataset, time), self._shift)
            yield from self._if_there(dataset, zip((date, time), moved, strict=True))
        both = moved_date_time(_text(dataset, SHIFTED_DATE_TIME), self._shift)
        yield from self._if_there(dataset, [(SHIFTED_DATE_TIME, both)])

    def _if_there(self, dataset: "Dataset", values: Any) -> Iterator[tuple[int, bytes]]:
        for keyword, value in values:
            tag, vr = _known(keyword)
            if tag in dataset and (value or keyword.startswith("Content")):  # those are of type 2
                yield tag, self._encoding.element(tag, vr, value.encode())

    def _said(self, sop_instance_uid: str, method: str) -> dict[int, bytes]:
        """Say what was done, by codes and in words."""
        codes = [
            self._texts({"CodeValue": code, "CodingSchemeDesignator": "DCM", "CodeMeaning": meaning})
            for code, meaning in METHODS
        ]
        texts = {
            "SOPInstanceUID": sop_instance_uid,
            "PatientName": self._patient,
            "PatientID": self._patient,
            **marks(method),
        }
        tag, _ = _known("DeidentificationMethodCodeSequence")
        items = [b"".join(code.values()) for code in codes]
        return self._texts(texts) | {tag: self._encoding.sequence(tag, items)}

    def _texts(self, texts: dict[str, str]) -> dict[int, bytes]:
        return {
            _known(keyword)[0]: self._encoding.element(*_known(keyword), text.encode())
            for keyword, text in texts.items()
        }

    def _learn(self, dataset: "Dataset", level: int = 0) -> None:
        """Take names and identifiers, wherever they stand, private elements too."""
        for tag in map(int, dataset.keys()):
            keyword, vr = _dictionary(tag)
            raw = dataset.get_item(tag)
            vr_in_file = getattr(raw, "VR", None) or vr
            if vr_in_file == "SQ" or vr == "SQ":
                for item in items_of(dataset, tag) if level < _MOST_LEVELS else ():
                    self._learn(item, level + 1)
            elif vr_in_file == "PN" or keyword in _IDENTIFYING:
                self._words.learn(raw_value(dataset, tag) or b"")


def raw_value(dataset: "Dataset", tag: int) -> bytes | None:
    """Return a value as it lies in the file.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        As it was read, without an element that was asked for.
    tag : int

    Returns
    -------
    bytes or None
        None where there is none.
    """
    if tag not in dataset:
        return None
    value = getattr(dataset.get_item(tag), "value", None)
    return b"" if value is None else value if isinstance(value, bytes) else None


def items_of(dataset: "Dataset", tag: int) -> "list[Dataset]":
    """Return the items of a sequence; none of one that cannot be read.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
    tag : int

    Returns
    -------
    list of Dataset
    """
    from pydicom.dataelem import RawDataElement, convert_raw_data_element

    element: Any = dataset.get_item(tag)
    try:
        if isinstance(element, RawDataElement):  # converted aside: pydicom would convert others with it
            element = convert_raw_data_element(element)
        return list(element.value or ()) if element.VR == "SQ" else []
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # pydicom reads lazily, and raises ten classes for bad bytes
        return []


def _text(dataset: "Dataset", keyword: str) -> str:
    return (raw_value(dataset, _known(keyword)[0]) or b"").decode("ascii", "replace")


def _vr_in_file(dataset: "Dataset", tag: int, vr: str) -> str:
    """Return the representation that an element is written with: the file's, else one of the dictionary's."""
    stated = getattr(dataset.get_item(tag), "VR", None)
    if stated and stated not in ("UN", "SQ"):
        return str(stated)
    if vr == "US or SS":
        return "SS" if any(raw_value(dataset, _known("PixelRepresentation")[0]) or b"") else "US"
    return vr.rpartition(" or ")[2]


def _dictionary(tag: int) -> tuple[str, str]:
    from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR

    if not dictionary_has_tag(tag):
        return "", "UN"
    return dictionary_keyword(tag), dictionary_VR(tag)


def _known(keyword: str) -> tuple[int, str]:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert tag is not None
    return tag, _dictionary(tag)[1]
