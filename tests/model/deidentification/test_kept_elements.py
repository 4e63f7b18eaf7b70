"""The list of elements that stay is one of elements that there are, each named once.

Break it: misspell one.
"""

from pydicom.datadict import dictionary_VR, tag_for_keyword

from model.deidentification.kept_elements import KEPT

FREE = {"PN", "LT", "ST", "UT", "UC", "UR", "UN", "DA", "TM", "DT"}


def test_each_is_an_element_and_none_holds_free_text_a_name_or_a_time():
    assert len(set(KEPT)) == len(KEPT)
    assert [one for one in KEPT if tag_for_keyword(one) is None] == []
    assert [one for one in KEPT if dictionary_VR(tag_for_keyword(one)) in FREE] == []


def test_nothing_of_the_person_and_the_site_is_among_them():
    groups = {tag_for_keyword(one) >> 16 for one in KEPT}
    assert groups <= {0x0008, 0x0018, 0x0020, 0x0028, 0x0040, 0x0050, 0x0054, 0x2050, 0x5200, 0x7FE0}
    assert not [
        one
        for one in KEPT
        if one.startswith(("Institution", "Station", "Operator", "Patient"))
        and one not in ("PatientPosition", "PatientOrientation")
    ]
