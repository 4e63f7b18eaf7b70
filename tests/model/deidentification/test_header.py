"""No value of an original's elements is in what is made of them, but of those that are listed.

Break it: keep Series Description, or let private elements through.
"""

import io

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from model.deidentification.encoding import Encoding
from model.deidentification.header import IDENTIFIER_IN_KEPT, HeaderWriter, items_of, raw_value
from model.deidentification.pseudonyms import Pseudonyms
from tests.support.dicom_files import without_preamble

PSEUDONYMS = Pseudonyms(b"k" * 32)
PATIENT = PSEUDONYMS.patient(b"P1")
EXPLICIT = Encoding(is_implicit=False, is_big_endian=False)


def written(dataset, *, is_implicit=False):
    """Give what is made of a data set, read back, and the categories."""
    encoding = Encoding(is_implicit, is_big_endian=False)
    source = read_dataset(io.BytesIO(without_preamble(dataset, is_implicit=is_implicit)), is_implicit, True)
    writer = HeaderWriter(encoding, PSEUDONYMS, PATIENT)
    made = writer.elements(source, "2.25.1", "a test")
    content = b"".join(made[tag] for tag in sorted(made))
    return read_dataset(io.BytesIO(content), is_implicit, True), writer.warnings


def dataset(**elements):
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def code(value="T-D8000", meaning="Hand"):
    return dataset(CodeValue=value, CodingSchemeDesignator="SRT", CodeMeaning=meaning)


@pytest.mark.parametrize("is_implicit", [False, True])
def test_what_was_done_is_said(is_implicit):
    made, _ = written(dataset(PatientName="Doe^Jane", Modality="CR"), is_implicit=is_implicit)
    assert (made.PatientName, made.PatientID) == (PATIENT, PATIENT)
    assert (made.PatientIdentityRemoved, made.LongitudinalTemporalInformationModified) == ("YES", "MODIFIED")
    assert made.DeidentificationMethod == "a test"
    codes = [one.CodeValue for one in made.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113107"]
    assert made.Modality == "CR"
    assert made["PatientBirthDate"].is_empty


def test_uids_are_mapped_wherever_they_stand_and_those_of_the_standard_stay():
    reference = dataset(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.1", ReferencedSOPInstanceUID="1.2.3.4")
    reference.PurposeOfReferenceCodeSequence = [code("121322")]
    source = dataset(StudyInstanceUID="1.2.3", SourceImageSequence=[reference])
    made, _ = written(source)
    assert made.StudyInstanceUID == PSEUDONYMS.uid("1.2.3")
    (item,) = made.SourceImageSequence
    assert item.ReferencedSOPInstanceUID == PSEUDONYMS.uid("1.2.3.4")
    assert item.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.1"
    assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"


def test_a_class_of_a_maker_is_no_class_that_stays():
    made, _ = written(dataset(SourceImageSequence=[dataset(ReferencedSOPClassUID="1.2.276.0.7.1")]))
    assert "ReferencedSOPClassUID" not in made.SourceImageSequence[0]


def test_a_value_of_another_kind_is_emptied_and_a_meaning_is_never_empty():
    source = dataset(SpecificCharacterSet="ISO_IR 192", AnatomicRegionSequence=[code(meaning="手")])
    source.Manufacturer = "山田医院"
    made, _ = written(source)
    assert made["Manufacturer"].is_empty
    assert made.AnatomicRegionSequence[0].CodeMeaning == "T-D8000"
    assert "SpecificCharacterSet" not in made


def test_an_element_that_stays_and_says_a_name_is_emptied():
    made, warnings = written(dataset(PatientName="Doe^Jane", BodyPartExamined="HAND JANE", ViewPosition="AP"))
    assert made["BodyPartExamined"].is_empty
    assert made.ViewPosition == "AP"
    assert warnings == {IDENTIFIER_IN_KEPT}


def test_a_name_in_a_private_element_counts_too():
    source = dataset(BodyPartExamined="MILLER")
    source.private_block(0x0009, "ACME", create=True).add_new(1, "PN", "Miller^Ann")
    assert written(source)[1] == {IDENTIFIER_IN_KEPT}


def test_a_time_without_a_date_is_gone_and_one_of_type_2_is_empty():
    made, _ = written(dataset(AcquisitionTime="101112", ContentTime="101112"))
    assert "AcquisitionTime" not in made
    assert made["ContentTime"].is_empty


def test_a_sequence_that_cannot_be_read_is_empty():
    broken = b"\xff" * 20
    source = read_dataset(io.BytesIO(EXPLICIT.element(0x0008_2218, "SQ", broken)), False, True)
    assert items_of(source, 0x0008_2218) == []
    assert raw_value(source, 0x0008_0060) is None
