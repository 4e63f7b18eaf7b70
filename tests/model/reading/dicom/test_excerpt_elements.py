import warnings
from io import BytesIO

import pytest
from pydicom import dcmread

from model.reading.dicom.excerpt_elements import texts_of
from model.reading.excerpt import KEYWORDS
from tests.support.dicom_files import native
from tests.support.pictures import pixels


def texts(**elements):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return texts_of(dcmread(BytesIO(native(pixels(1), **elements))))


def test_what_is_there_is_taken_and_what_is_empty_is_not():
    found = texts(PatientID="P-1", StudyID="", PatientOrientation=["L", "F"], Manufacturer="not asked for")
    assert {name: found.get(name) for name in ("PatientID", "StudyID", "PatientOrientation")} == {
        "PatientID": "P-1",
        "StudyID": None,
        "PatientOrientation": "L\\F",
    }
    assert set(found) <= set(KEYWORDS)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("ISO_IR 144", "Люксембург^Роза"),
        ("ISO_IR 192", "王^小东"),
    ],
)
def test_names_are_decoded(charset, name):
    assert texts(SpecificCharacterSet=charset, PatientName=name)["PatientName"] == name


def test_a_bad_element_costs_itself_alone():
    class Odd(dict):
        def get(self, keyword):
            if keyword == "PatientID":
                raise ValueError
            return "x" * 5000 if keyword == "StudyID" else None

    assert texts_of(Odd()) == {"StudyID": "x" * 1024}
