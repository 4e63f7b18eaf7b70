"""What all objects have alike: who made them and when, and how they lie in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from model.dicom_results.derived_uid import derived_uid
from model.dicom_results.made_object import MadeObject
from model.dicom_results.scan_answer import ScanAnswer
from model.dicom_results.source_image import OPTIONAL, STANDS_IN, UTF_8, SourceImage

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MANUFACTURER: Final = "inboxray"
SERIES_NUMBERS: Final = {"sr": 9701, "sc": 9702, "gsps": 9703, "study": 9704}
_EXPLICIT: Final = "1.2.840.10008.1.2.1"
_LONG: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """What an object of one kind says of itself.

    Parameters
    ----------
    kind : str
        One of `model.dicom_results.made_object.KINDS`, or `STUDY_REPORT`.
    answer : ScanAnswer
    source : SourceImage
    moment : datetime
        When the scan was answered, in the zone of the object's times.
    """

    kind: str
    answer: ScanAnswer
    source: SourceImage
    moment: datetime

    @property
    def sop_instance_uid(self) -> str:
        """Of the object."""
        return self.answer.identity.uid(self.kind)

    @property
    def series_instance_uid(self) -> str:
        """Of its series: all objects of a kind that a model makes in a study."""
        return series_uid(self.kind, self.source.study_instance_uid, self.answer.identity.model_sha256)

    def arguments(self) -> dict[str, Any]:
        """Return what the constructors of highdicom take alike.

        Returns
        -------
        dict
        """
        return {
            "series_instance_uid": self.series_instance_uid,
            "series_number": SERIES_NUMBERS[self.kind],
            "sop_instance_uid": self.sop_instance_uid,
            "instance_number": min(self.answer.number, (1 << 31) - 1),
            "manufacturer": MANUFACTURER,
            "manufacturer_model_name": self.answer.model.name[:_LONG],
            "software_versions": (
                f"inboxray {self.answer.model.software_version}"[:_LONG],
                self.answer.model.title[:_LONG],
            ),
            "device_serial_number": self.answer.identity.model_sha256[:_LONG],
            "content_qualification": "RESEARCH",
        }

    def finish(self, made: "Dataset", classes: Mapping[str, str] | None = None) -> MadeObject:
        """Give an object its times and its true references, and write it.

        Parameters
        ----------
        made : pydicom.dataset.Dataset
            Complete but for these.
        classes : mapping of str to str, optional
            SOP Class UIDs of the images by their SOP Instance UIDs, where it is about several.

        Returns
        -------
        MadeObject
        """
        made.SpecificCharacterSet = UTF_8
        for keyword in OPTIONAL:  # highdicom copies them into some kinds only, and a study is to have one
            if keyword in self.source.dataset:
                setattr(made, keyword, self.source.dataset[keyword].value)
        self.put_time(made, "InstanceCreationDate", "InstanceCreationTime")
        if self.source.zone is not None:
            made.TimezoneOffsetFromUTC = self.moment.strftime("%z")[:5]
        if "ContributingEquipmentSequence" in made:  # it names highdicom, and the time of now
            del made.ContributingEquipmentSequence
        known = classes or {}
        made.walk(lambda item, element: self._put_true_class(item, element, known))
        return MadeObject(
            kind=self.kind,
            sop_class_uid=str(made.SOPClassUID),
            sop_instance_uid=self.sop_instance_uid,
            study_instance_uid=self.source.study_instance_uid,
            content=_file(made),
        )

    def put_time(self, made: "Dataset", date: str, time: str) -> None:
        """Write when the scan was answered into two elements (DA and TM).

        Parameters
        ----------
        made : pydicom.dataset.Dataset
        date, time : str
            Their keywords.
        """
        setattr(made, date, self.moment.strftime("%Y%m%d"))
        setattr(made, time, self.moment.strftime("%H%M%S.%f"))

    def _put_true_class(self, item: "Dataset", element: Any, classes: Mapping[str, str]) -> None:
        if element.keyword == "ReferencedSOPClassUID" and element.value == STANDS_IN:
            named = str(item.get("ReferencedSOPInstanceUID", ""))
            element.value = classes.get(named, self.source.sop_class_uid)


def stamp(kind: str, answer: ScanAnswer, source: SourceImage, zone: tzinfo) -> Stamp:
    """Say what an object of a kind says of itself.

    Parameters
    ----------
    kind : str
    answer : ScanAnswer
    source : SourceImage
    zone : tzinfo
        Of the site, for images that do not state in which zone their times are.

    Returns
    -------
    Stamp
        In the zone of the image, if that says so: its study's times are copied, and cannot be in two.
    """
    return Stamp(kind, answer, source, answer.identity.finished_at.astimezone(source.zone or zone))


def series_uid(kind: str, study_instance_uid: str, model_sha256: str) -> str:
    """Derive the UID of the series in which objects of a kind lie.

    Parameters
    ----------
    kind, study_instance_uid, model_sha256 : str

    Returns
    -------
    str
    """
    return derived_uid("series", kind, study_instance_uid, model_sha256)


def _file(made: "Dataset") -> bytes:
    from pydicom import dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.TransferSyntaxUID = UID(_EXPLICIT)
    meta.ImplementationClassUID = UID(derived_uid("implementation"))
    meta.ImplementationVersionName = "INBOXRAY"
    made.file_meta = meta
    written = BytesIO()
    dcmwrite(written, made, enforce_file_format=True)
    return written.getvalue()
