"""An object of ours about a de-identified file says what that one says of itself.

Break it: leave the codes out.
"""

from io import BytesIO

import pydicom

from model.deidentification.mark import METHODS, marked
from tests.support.records import scan_id
from tests.support.result_objects import made_object

CONTENT = made_object(scan_id(1)).content


def test_it_has_the_marks_and_all_that_it_had():
    before, made = (pydicom.dcmread(BytesIO(one)) for one in (CONTENT, marked(CONTENT, "a test")))
    assert made.PatientIdentityRemoved == "YES"
    assert (made.DeidentificationMethod, made.LongitudinalTemporalInformationModified) == (
        "a test",
        "MODIFIED",
    )
    codes = [(one.CodeValue, one.CodeMeaning) for one in made.DeidentificationMethodCodeSequence]
    assert codes == list(METHODS)
    assert {element.tag: element.value for element in before}.items() <= {
        element.tag: element.value for element in made if element.VR != "SQ"
    }.items()
    assert made.file_meta == before.file_meta


def test_the_same_object_has_the_same_bytes():
    assert marked(CONTENT, "a test") == marked(CONTENT, "a test")
