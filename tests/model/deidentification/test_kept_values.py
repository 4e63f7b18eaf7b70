"""What an element may hold, whatever its name.

Break it: let texts be of any bytes.
"""

import pytest

from model.deidentification.kept_values import Words, may_stay


@pytest.mark.parametrize(
    ("value", "keyword", "vr", "stays"),
    [
        (b"HAND", "BodyPartExamined", "CS", True),
        (b"ORIGINAL\\PRIMARY ", "ImageType", "CS", True),
        ("Yamada=山田".encode("iso2022_jp"), "BodyPartExamined", "CS", False),
        ("рука".encode(), "Manufacturer", "LO", False),
        (b"x" * 65, "Manufacturer", "LO", False),
        (b"1.5\\-2e3 ", "WindowCenter", "DS", True),
        (b"Doe^Jane", "WindowCenter", "DS", False),
        (b"\x01\x00", "Rows", "US", True),
        (b"Doe^Jane" * 40, "Rows", "US", False),
        (b"\x01\x00\x00", "SmallestImagePixelValue", "US or SS", False),
        (b"anything", "StudyDescription", "LT", False),
        (bytes(100_000), "LUTData", "US or OW", True),
    ],
)
def test_a_value_stays_if_it_is_of_its_kind_plain_and_short(value, keyword, vr, stays):
    assert may_stay(value, keyword, vr) is stays


def test_parts_of_names_and_identifiers_are_found_as_words():
    words = Words()
    words.learn(b"Doe-Miller^Jane")
    words.learn(b"PAT/4711 ")
    assert words.are_in(b"HAND of JANE")
    assert words.are_in(b"4711")
    assert not words.are_in(b"DOESKIN 47110")
    assert not Words().are_in(b"HAND")
