"""Whole files: nothing of who it was is in their bytes, and every bit of the picture is.

Break it: keep the preamble or the File Meta Information, or learn no words of names.
"""

import hashlib
import subprocess
from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from model.deidentification.actions import action_for
from model.deidentification.deidentify import deidentify
from model.deidentification.pseudonyms import Pseudonyms
from model.reading.dicom.element_walk import read_outline
from model.reading.limits import Limits
from model.reading.prepare import prepare
from tests.support.deadlines import scaled
from tests.support.dicom_files import NATIVE, encapsulated, image, rle, to_bytes
from tests.support.dicom_results import needs_dciodvfy
from tests.support.pictures import pixels
from tests.support.shared import SHARED, needs_shared

KEY = b"k" * 32
NAMES = {
    "plain": ("ISO_IR 100", "Müller-Lüdenscheidt^Jérôme"),
    "Japanese": (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "Korean": (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    "Cyrillic": ("ISO_IR 144", "Люксембург^Роза"),
    "UTF-8": ("ISO_IR 192", "Wang^XiaoDong=王^小东"),
}
RLE = "1.2.840.10008.1.2.5"
HARMLESS = ("Modality", "PhotometricInterpretation", "Manufacturer", "BodyPartExamined")
"""Of the elements of `personal`, those that say nothing of a person."""


def made_of(data):
    return deidentify(data, KEY, "inboxray", Limits())


def parsed(content):
    return pydicom.dcmread(BytesIO(content))


def personal(charset, name):
    """Make a header that says who it is wherever it can: nested, private, overlays, curves, comments."""
    inner = Dataset()
    inner.ReferencedSOPClassUID, inner.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", "1.2.826.9.7.1"
    inner.PatientName, inner.InstitutionName = name, "Saint Elsewhere"
    inner.private_block(0x0011, "SITE PRIVATE", create=True).add_new(1, "LO", "Ward 7G secret")
    outer = Dataset()
    outer.RequestedProcedureDescription, outer.AccessionNumber = "wrist of a celebrity", "ACC-31415"
    outer.ReferencedStudySequence = Sequence([inner])
    made = image(
        pixels(3),
        SpecificCharacterSet=charset,
        PatientName=name,
        PatientID="PAT-27182",
        IssuerOfPatientID="Elsewhere General",
        PatientBirthDate="19711203",
        PatientAge="053Y",
        PatientSex="F",
        OtherPatientIDs=["OTHER-1", "OTHER-2"],
        PatientAddress="12 Infirmary Lane",
        StudyInstanceUID="1.2.826.9.8.1",
        SeriesInstanceUID="1.2.826.9.8.2",
        SOPInstanceUID="1.2.826.9.8.3",
        FrameOfReferenceUID="1.2.826.9.8.4",
        InstanceCreatorUID="1.2.826.9.8.5",
        StudyDate="20240613",
        StudyTime="172233.123456",
        SeriesDate="20240613",
        SeriesTime="172301",
        AcquisitionDateTime="20240613172255.5+0900",
        AccessionNumber="ACC-31415",
        StudyID="ST-1618",
        StudyDescription="Wrist, second look",
        SeriesDescription="for the chief",
        ImageComments="patient is restless",
        ReferringPhysicianName="Roe^Richard",
        OperatorsName="Fingers^Butter",
        InstitutionName="Saint Elsewhere",
        StationName="ROOM3CR",
        DeviceSerialNumber="SN-99887766",
        ProtocolName="wrist-pa-jane",
        Manufacturer="Acme",
        BodyPartExamined="WRIST",
        RequestAttributesSequence=Sequence([outer]),
        ReferencedImageSequence=Sequence([inner]),
    )
    block = made.private_block(0x0009, "SITE PRIVATE", create=True)
    block.add_new(1, "LO", "private eyes only")
    block.add_new(2, "SQ", Sequence([inner]))
    made.add_new(0x6000_0010, "US", 96)
    made.add_new(0x6000_0022, "LO", "overlay of Jane")
    made.add_new(0x6000_3000, "OW", b"overlay bits 777")
    made.add_new(0x5000_3000, "OW", b"curve points 777")
    return made


def secrets(dataset):
    """List every value that has to be gone, as the bytes that it is in the file."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from secrets(item)
            continue
        raw = element.value if isinstance(element.value, bytes) else None
        if element.VR == "UI":
            values = [str(one) for one in ([element.value] if element.VM == 1 else element.value)]
            yield from (one.encode() for one in values if not one.startswith("1.2.840.10008"))
        elif element.VR in ("US", "SS", "UL") or element.keyword in HARMLESS:
            continue
        elif raw is not None:
            yield from ([] if len(raw) > 64 else [raw])
        elif element.VR == "PN":
            for group in str(element.value).split("="):
                for part in group.split("^"):
                    encodings = ("latin1", "iso2022_jp", "euc_kr", "iso8859_5", "utf-8")
                    yield from {part.encode(one, "ignore") for one in encodings}
        else:
            values = [element.value] if element.VM == 1 else element.value
            yield from (str(one).encode("utf-8") for one in values)


@pytest.mark.parametrize("syntax", NATIVE[:3], ids=["implicit", "explicit", "big endian"])
@pytest.mark.parametrize("which", NAMES)
def test_no_value_of_who_it_was_is_in_any_byte(which, syntax):
    source = personal(*NAMES[which])
    data = to_bytes(source, syntax, preamble=b"preamble of Jane".ljust(128))
    made = made_of(data)
    parsed(data).walk(lambda *_: None)
    hidden = {one for one in secrets(parsed(data)) if len(one) > 2 and one != b"053Y"}
    assert len(hidden) > 40
    assert [one for one in hidden if one in made.content] == []
    assert b"preamble" not in made.content
    result = parsed(made.content)
    assert result.BodyPartExamined == "WRIST"
    assert result.file_meta.TransferSyntaxUID == syntax
    assert (result.pixel_array == pixels(3)).all()


def test_times_of_a_patient_keep_their_distances_and_patients_are_told_apart():
    first = parsed(made_of(to_bytes(personal(*NAMES["plain"]))).content)
    later = personal(*NAMES["plain"])
    later.StudyDate, later.SOPInstanceUID = "20240620", "1.2.826.9.8.33"
    second = parsed(made_of(to_bytes(later)).content)
    other = personal(*NAMES["plain"])
    other.PatientID = "PAT-2"
    third = parsed(made_of(to_bytes(other)).content)
    assert first.StudyDate[:4] < "2024"
    days = [
        np.datetime64(f"{one.StudyDate[:4]}-{one.StudyDate[4:6]}-{one.StudyDate[6:]}")
        for one in (first, second)
    ]
    assert (days[1] - days[0]).astype(int) == 7
    assert first.StudyTime == second.StudyTime != "172233.123456"
    assert first.PatientID == second.PatientID != third.PatientID
    assert first.StudyInstanceUID == second.StudyInstanceUID == Pseudonyms(KEY).uid("1.2.826.9.8.1")
    assert first.SOPInstanceUID != second.SOPInstanceUID


def test_the_same_file_is_made_of_the_same_and_of_another_key_another():
    data = to_bytes(personal(*NAMES["Japanese"]))
    assert made_of(data) == made_of(data)
    assert deidentify(data, b"l" * 32, "inboxray", Limits()).content != made_of(data).content


def test_without_a_patients_identifier_each_study_is_a_patient():
    def patient(**elements):
        source = image(pixels(3), **elements)
        return parsed(made_of(to_bytes(source)).content).PatientID

    assert patient(StudyInstanceUID="1.2.1") == patient(StudyInstanceUID="1.2.1")
    assert patient(StudyInstanceUID="1.2.1") != patient(StudyInstanceUID="1.2.2")
    assert patient() != patient(StudyInstanceUID="1.2.1")


def test_what_has_no_study_and_no_uid_gets_them():
    made = parsed(made_of(to_bytes(image(pixels(3), SOPInstanceUID=None))).content)
    assert made.StudyInstanceUID != made.SeriesInstanceUID != made.SOPInstanceUID
    assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID


def test_a_deflated_file_and_an_encoded_one_stay_what_they_are():
    stored = pixels(3)
    deflated = made_of(to_bytes(image(stored), NATIVE[3]))
    assert (prepare(deflated.content).inputs == prepare(to_bytes(image(stored))).inputs).all()
    for options in ({}, {"has_offsets": False}):
        data = encapsulated(stored, [rle(stored)], RLE, **options)
        made = made_of(data).content
        at, old = (read_outline(BytesIO(one), len(one)).pixels.value_at for one in (made, data))
        assert made[at:] == data[old:]


FILES = sorted(
    [*(SHARED / "dicom/radiograph").glob("*.dcm"), *(SHARED / "cases/infant_pelvis").glob("*.dcm")]
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Every radiograph beside the project, as it was and as it is made, by its name."""
    folder = tmp_path_factory.mktemp("exported")
    for path in FILES:
        (folder / path.name).write_bytes(made_of(path.read_bytes()).content)
    return folder


@needs_shared
def test_every_radiograph_has_its_pixels_and_only_elements_that_are_decided(exported):
    for path in FILES:
        data, made = path.read_bytes(), (exported / path.name).read_bytes()
        old, new = (read_outline(BytesIO(one), len(one)).pixels for one in (data, made))
        value = made[new.value_at :]
        assert value == data[old.value_at : old.value_at + len(value)], path.name
        decided = {int(one.tag) for one in parsed(made).iterall() if action_for(int(one.tag)) is None}
        assert decided <= {0x0012_0062, 0x0012_0063, 0x0012_0064, 0x0028_0303, new.keyword and 0x7FE0_0010}


@needs_shared
def test_the_network_sees_what_it_saw():
    some = [
        path for path in FILES if path.name in ("CR-ModalitySequenceLUT.dcm", "GH133.dcm", "RG1_J2KI.dcm")
    ]
    for path in some:
        data = path.read_bytes()
        digests = [
            hashlib.sha256(prepare(one).inputs.tobytes()).hexdigest() for one in (data, made_of(data).content)
        ]
        assert digests[0] == digests[1], path.name


@needs_shared
@needs_dciodvfy
def test_a_validator_finds_no_fault_that_was_not_there(exported):
    import re

    def errors(path):
        command = ["dciodvfy", "-new", path]
        ended = subprocess.run(command, capture_output=True, timeout=scaled(30), check=False)
        lines = ended.stderr.decode("latin1").splitlines()
        return {re.sub("<[0-9.]*>", "<>", line) for line in lines if line.startswith("Error")}

    found = {path: new for path in FILES if (new := errors(exported / path.name))}
    assert {path.name: new - old for path, new in found.items() if new - (old := errors(path))} == {}
