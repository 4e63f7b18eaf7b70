"""The header of a scan, besides its pixels: the columns that the ledger keeps of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_T = TypeVar("_T")
_MOST_CHARACTERS = 1024  # of a text: no value that says anything has more than 64
_MOST_VALUES = 64  # of an element


@dataclass(frozen=True, slots=True)
class Header:
    """The header elements of a scan that are recorded, or decide about it, as decoded and uncleaned.

    A PNG or JPEG has `format`, `rows`, `columns` and `frames` only. What is missing, or cannot be decoded, is
    None. `device` is a hash of Manufacturer, Manufacturer's Model Name and Station Name. `calling_ae` and
    `calling_address` are of who sent the file over DICOM, by its File Meta Information.

    References
    ----------
    PS3.10 7.1 File Meta Information. PS3.3 C.7.1.1 Patient, C.7.2.1 General Study, C.7.3.1 General Series,
    C.7.6.1 General Image, C.7.6.3 Image Pixel, C.7.5.1 General Equipment, C.12.1 SOP Common.
    """

    format: Literal["dicom", "png", "jpeg"]
    modality: str | None = None
    body_part_examined: str | None = None
    laterality: str | None = None
    view_position: str | None = None
    patient_id: str | None = None
    accession_number: str | None = None
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    transfer_syntax_uid: str | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int | None = None
    sop_class_uid: str | None = None
    presentation_intent_type: str | None = None
    image_type: tuple[str, ...] = ()
    device: str | None = None
    manufacturer: str | None = None
    manufacturer_model_name: str | None = None
    station_name: str | None = None
    calling_ae: str | None = None
    calling_address: str | None = None

    @classmethod
    def from_dataset(cls, dataset: "Dataset") -> "Header":
        """Take the header out of a DICOM data set; a bad element becomes None, never an exception.

        Parameters
        ----------
        dataset : pydicom.dataset.Dataset
            Parsed at least up to the pixels; its `file_meta` may be missing.

        Returns
        -------
        Header
            Image Laterality (0020,0062) goes before Laterality (0020,0060).
        """
        manufacturer = _text(dataset, "Manufacturer")
        model_name = _text(dataset, "ManufacturerModelName")
        station_name = _text(dataset, "StationName")
        return cls(
            format="dicom",
            modality=_text(dataset, "Modality"),
            body_part_examined=_text(dataset, "BodyPartExamined"),
            laterality=_text(dataset, "ImageLaterality") or _text(dataset, "Laterality"),
            view_position=_text(dataset, "ViewPosition"),
            patient_id=_text(dataset, "PatientID"),
            accession_number=_text(dataset, "AccessionNumber"),
            study_instance_uid=_text(dataset, "StudyInstanceUID"),
            series_instance_uid=_text(dataset, "SeriesInstanceUID"),
            sop_instance_uid=_text(dataset, "SOPInstanceUID"),
            transfer_syntax_uid=_text(getattr(dataset, "file_meta", None), "TransferSyntaxUID"),
            rows=_count(dataset, "Rows"),
            columns=_count(dataset, "Columns"),
            frames=_count(dataset, "NumberOfFrames") or (1 if _count(dataset, "Rows") else None),
            sop_class_uid=_text(dataset, "SOPClassUID"),
            presentation_intent_type=_text(dataset, "PresentationIntentType"),
            image_type=_texts(dataset, "ImageType"),
            device=_device(manufacturer, model_name, station_name),
            manufacturer=manufacturer,
            manufacturer_model_name=model_name,
            station_name=station_name,
        )

    def cut(self) -> "Header":
        """Return it with texts and lists of a size that can be kept: a small deflated file may say 94 MB.

        Whether a scan is for the network is decided before, by all that its header says.

        Returns
        -------
        Header
            Texts have 1,024 characters at most, and lists 64 of them.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        texts: dict[str, Any] = {
            name: value[:_MOST_CHARACTERS] for name, value in values.items() if isinstance(value, str)
        }
        kinds = tuple(value[:_MOST_CHARACTERS] for value in self.image_type[:_MOST_VALUES])
        return replace(self, image_type=kinds, **texts)


def _device(*named: str | None) -> str | None:
    """Identify a device without naming it: twelve hexadecimal digits of a hash."""
    if not any(named):
        return None
    joined = "\0".join(" ".join((name or "").upper().split()) for name in named)
    return hashlib.sha256(joined.encode("utf-8", errors="replace")).hexdigest()[:12]


def _text(dataset: "Dataset | None", keyword: str) -> str | None:
    return _element(dataset, keyword, str)


def _texts(dataset: "Dataset", keyword: str) -> tuple[str, ...]:
    """Take every value of an element."""
    try:
        value = dataset.get(keyword)
        values = [value] if isinstance(value, str) else list(value or ())
        return tuple(str(one) for one in values)
    except Exception:  # noqa: BLE001  # as below
        return ()


def _count(dataset: "Dataset", keyword: str) -> int | None:
    number = _element(dataset, keyword, int)
    return number if number is not None and 0 < number < 1 << 31 else None


def _element(dataset: "Dataset | None", keyword: str, convert: Callable[[Any], _T]) -> _T | None:
    if dataset is None:
        return None
    try:
        value = dataset.get(keyword)
        if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
            value = value[0] if len(value) else None
        return None if value is None or value == "" else convert(value)
    except Exception:  # noqa: BLE001  # pydicom converts lazily, and raises ten classes for bad values
        return None
