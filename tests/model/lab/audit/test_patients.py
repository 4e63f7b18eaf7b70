import pytest

from model.lab.audit.patients import Kinship, kin_by_key, kin_by_name, stem_of


def kin(*names):
    return [(one.first, one.second, one.evidence) for one in kin_by_name([[name] for name in names])]


def test_neighbouring_archive_numbers_are_one_patient():
    found = kin("IMG0002371.jpg", "IMG0002373.jpg", "IMG0002380.jpg")
    assert found == [(0, 1, "neighbouring_numbers")]


@pytest.mark.parametrize(
    "names",
    [
        ("12.jpg", "13.jpg"),
        ("a12.jpg", "a13.jpg"),
        ("IMG0000012.jpg", "DSC0000013.jpg"),
        ("00012.png", "00013.png"),
    ],
)
def test_short_or_nameless_numbers_say_nothing(names):
    assert kin(*names) == []


@pytest.mark.parametrize(
    "names",
    [
        ("case7_left_ap.png", "case7_right_lat.png"),
        ("p-0042-AP.jpg", "p-0042-LATERAL (1).jpg"),
        ("study 12 L.dcm", "study 12 R.dcm"),
    ],
)
def test_sides_and_views_of_one_name_are_one_patient(names):
    assert kin(*names) == [(0, 1, "sides_or_views")]


@pytest.mark.parametrize(
    "names", [("left.png", "right.png"), ("L1.png", "R1.png"), ("a_left.png", "b_right.png")]
)
def test_a_side_alone_names_nobody(names):
    assert kin(*names) == []


def test_a_stem_has_lost_what_copying_adds():
    assert stem_of("train/fractured/95-rotated1-rotated2 - Copy (1).jpg") == "95"


def test_the_same_key_joins_in_a_chain_and_none_joins_nothing():
    found = list(kin_by_key(["a", None, "a", "b", "a", None], "patient_id"))
    assert found == [Kinship(0, 2, "patient_id"), Kinship(2, 4, "patient_id")]
