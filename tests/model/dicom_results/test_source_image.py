import pytest

from model.dicom_results.derived_uid import derived_uid
from model.dicom_results.source_image import STANDS_IN, source_image
from model.header import Header
from model.reading.excerpt import Excerpt

pytest.importorskip("pydicom")

SHA256 = "ab" * 32
HEADER = Header("dicom", rows=100, columns=80, frames=1, sop_class_uid="1.2.840.10008.5.1.4.1.1.1.1")


def image(header=HEADER, **texts):
    return source_image(header, Excerpt(texts), SHA256)


def test_what_is_missing_of_type_2_is_there_and_empty_and_of_type_3_is_not():
    made = image().dataset
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"):
        assert made[keyword].is_empty
    for keyword in ("StudyID", "AccessionNumber", "ReferringPhysicianName"):
        assert made[keyword].is_empty
    assert "IssuerOfPatientID" not in made
    assert "StudyDescription" not in made
    assert image(StudyDescription="Hand").dataset.StudyDescription == "Hand"


def test_uids_that_are_missing_or_none_are_derived_from_the_file():
    made = image(SOPInstanceUID="nonsense", StudyInstanceUID="1.2.3")
    assert made.study_instance_uid == "1.2.3"
    assert made.sop_instance_uid == derived_uid("image", SHA256)
    assert made.dataset.SeriesInstanceUID == derived_uid("series", SHA256)


def test_highdicom_is_told_a_class_that_it_knows_and_we_know_the_true_one():
    made = image()
    assert (made.dataset.SOPClassUID, made.sop_class_uid) == (STANDS_IN, HEADER.sop_class_uid)
    assert image(Header("dicom", sop_class_uid="rubbish")).sop_class_uid.endswith(".1.1.7")


def test_the_side_is_that_of_the_image_before_that_of_the_series():
    assert image(Laterality="L").laterality == "L"
    assert image(Laterality="L", ImageLaterality="R").laterality == "R"
    assert image(ImageLaterality="B").laterality == ""


def test_what_of_the_picture_objects_repeat_is_taken():
    made = image(BurnedInAnnotation="yes", LossyImageCompression="01", PatientOrientation="L\\F")
    assert (made.burned_in, made.is_lossy, made.orientation) == ("YES", True, ["L", "F"])
    assert (image().burned_in, image().is_lossy, image().orientation) == ("", False, [])
    assert (made.rows, made.columns, made.aspect) == (100, 80, 1.0)
