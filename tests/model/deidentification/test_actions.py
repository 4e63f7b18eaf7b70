"""Elements stay by a list; the table of the standard, as others keep it, forbids none of them.

Break it: add SeriesDescription to the list of those that stay.
"""

import pytest
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from model.deidentification.actions import ALWAYS, Action, action_for, tags_by_action
from tests.support.basic_profile import basic_profile

MAY = {
    Action.KEEP: {None, "X/Z/U*"},  # U*: a sequence stays, whose UIDs are mapped
    Action.MAP_UID: {"U"},
    Action.SHIFT: {"Z", "Z/D", "X/D", "X/Z", "X/Z/D"},  # the option of modified dates
    Action.NAME: {"Z", "Z/D"},
    Action.EMPTY: {"Z", "Z/D", "X/Z"},
}


def test_what_stays_may_stay_by_the_table_of_the_basic_profile():
    table = basic_profile()
    assert len(table) > 600
    wrong = [
        keyword_for_tag(tag) for tag, action in tags_by_action().items() if table.get(tag) not in MAY[action]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "tag",
    [0x0029_1010, 0x0008_103E, 0x6000_3000, 0x5000_3000, 0x0010_21B0, 0x0088_0200, 0x0018_9999, 0xFFFC_FFFC],
)
def test_what_is_not_listed_is_removed_known_or_not(tag):
    assert action_for(tag) is None


def test_in_items_nothing_stands_for_a_patient_and_no_time_is_left():
    for keyword in ("PatientName", "PatientID", "StudyDate", "AccessionNumber"):
        assert action_for(tag_for_keyword(keyword)) is not None
        assert action_for(tag_for_keyword(keyword), is_nested=True) is None
    assert action_for(tag_for_keyword("ReferencedSOPInstanceUID"), is_nested=True) is Action.MAP_UID


def test_what_every_object_must_have_is_never_a_value_of_the_original():
    assert {action_for(tag_for_keyword(one)) for one in ALWAYS} == {Action.EMPTY, Action.SHIFT}
