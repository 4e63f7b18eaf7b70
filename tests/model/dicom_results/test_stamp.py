import re
from datetime import timedelta, timezone

import pytest

from model.dicom_results.stamp import series_uid
from tests.support.dicom_results import MOMENT, identity, made_of, parsed, scan_answer, scan_bytes

pytest.importorskip("highdicom", reason="highdicom is not installed")

TIMES = re.compile(r"(Instance|Content|Presentation).*(Date|Time)|.*OfSecondaryCapture")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return made_of(tmp_path_factory.mktemp("made"), scan_bytes(SOPClassUID="1.2.840.10008.5.1.1.29"))


def test_every_time_is_that_of_the_answer_where_the_site_is(made):
    for one in made.values():
        dataset = parsed(one)
        times = {name: dataset.get(name) for name in dataset.dir() if TIMES.fullmatch(name)}
        assert len(times) >= 4
        for name, value in times.items():
            assert str(value) == ("20261124" if "Date" in name else "053015.123456"), name
        assert not [element for element in dataset.iterall() if element.VR == "DT"]
        assert "TimezoneOffsetFromUTC" not in dataset


def test_times_are_in_the_zone_of_the_study_if_it_says_so(tmp_path):
    """Break it: take the site's always; the study's own times would be in another zone than this says."""
    for one in made_of(tmp_path, scan_bytes(TimezoneOffsetFromUTC="-0330")).values():
        dataset = parsed(one)
        assert (dataset.TimezoneOffsetFromUTC, dataset.StudyTime) == ("-0330", "101112")
        assert dataset.InstanceCreationTime == "170015.123456"


def test_patient_and_study_are_those_of_the_image(made):
    for one in made.values():
        dataset = parsed(one)
        assert (str(dataset.PatientName), dataset.PatientID, dataset.PatientSex) == ("Doe^Jane", "P-1", "F")
        assert (dataset.StudyInstanceUID, dataset.AccessionNumber) == ("1.2.826.0.1.1", "A1")
        assert one.study_instance_uid == dataset.StudyInstanceUID


def test_what_the_image_says_of_patient_and_study_beyond_that_all_objects_say(tmp_path):
    """Break it: rely on highdicom, which leaves both out of secondary captures."""
    for one in made_of(tmp_path, scan_bytes(StudyDescription="Hand", IssuerOfPatientID="Ward")).values():
        assert (parsed(one).StudyDescription, parsed(one).IssuerOfPatientID) == ("Hand", "Ward")


def test_the_image_is_referred_to_by_its_true_class(made):
    """Break it: leave the class that highdicom was told."""
    for one in made.values():
        found = {str(e.value) for e in parsed(one).iterall() if e.keyword == "ReferencedSOPClassUID"}
        assert found == {"1.2.840.10008.5.1.1.29"}


def test_who_made_it_is_said_and_that_it_is_for_research(made):
    for one in made.values():
        dataset = parsed(one)
        assert (dataset.Manufacturer, dataset.ManufacturerModelName) == ("inboxray", "inboxray-test")
        assert list(dataset.SoftwareVersions) == ["inboxray 0.1.0", "inboxray-test 1.2.3"]
        assert dataset.DeviceSerialNumber == "cd" * 32
        assert dataset.ContentQualification == "RESEARCH"
        assert "not a medical device" in dataset.SeriesDescription
        assert "ContributingEquipmentSequence" not in dataset
        assert dataset.InstanceNumber == 17


def test_uids_are_of_the_answer_and_the_series_is_of_the_study_and_the_model(made, tmp_path):
    later = scan_answer(identity=identity(finished_at=MOMENT + timedelta(days=1)))
    again = made_of(tmp_path, scan_bytes(), later)
    for kind, one in made.items():
        assert one.sop_instance_uid == scan_answer().identity.uid(kind) != again[kind].sop_instance_uid
        series = parsed(one).SeriesInstanceUID
        assert series == parsed(again[kind]).SeriesInstanceUID == series_uid(kind, "1.2.826.0.1.1", "cd" * 32)
    assert len({parsed(one).SeriesInstanceUID for one in made.values()}) == 3


def test_it_is_a_whole_file(made):
    for one in made.values():
        assert one.content[128:132] == b"DICM"
        meta = parsed(one).file_meta
        assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
        assert (meta.MediaStorageSOPInstanceUID, meta.MediaStorageSOPClassUID) == (
            one.sop_instance_uid,
            one.sop_class_uid,
        )


def test_the_zone_of_the_machine_does_not_change_the_uid(tmp_path):
    other = made_of(tmp_path, scan_bytes(), zone=timezone(timedelta(hours=-5)), kinds=("sr",))["sr"]
    assert other.sop_instance_uid == scan_answer().identity.uid("sr")
    assert parsed(other).ContentTime == "153015.123456"
