from datetime import timedelta

import pytest

from tests.support.dicom_results import JAPAN, MODEL, MOMENT, identity, scan_answer


@pytest.mark.parametrize(
    "changed",
    [
        {"sha256": "00" * 32},
        {"model_sha256": "00" * 32},
        {"pipeline_version": "4"},
        {"finished_at": MOMENT + timedelta(microseconds=1)},
    ],
)
def test_another_answer_has_other_uids(changed):
    assert identity(**changed).uid("sr") != identity().uid("sr")


def test_the_same_answer_has_the_same_uids_in_whatever_zone_its_time_is_given():
    assert identity(finished_at=MOMENT.astimezone(JAPAN)).uid("sr") == identity().uid("sr")
    assert len({identity().uid(*what) for what in (("sr",), ("sc",), ("region", "1"), ("region", "2"))}) == 4


def test_a_model_has_its_name_and_version():
    assert MODEL.title == "inboxray-test 1.2.3"


@pytest.mark.parametrize(
    ("decision", "changed", "expected"),
    [
        ("fractured", {}, True),
        ("uncertain", {}, True),
        ("abstained", {}, False),
        ("not_fractured", {}, False),
        ("fractured", {"heat_map": None}, False),
    ],
)
def test_a_map_says_something_only_where_a_fracture_is_suspected(decision, changed, expected):
    assert scan_answer(decision, **changed).has_region is expected
