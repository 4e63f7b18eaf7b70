"""Objects made of headers from all over, and of the radiographs beside the project, as others see them.

Break it: copy Specific Character Set from the file, or leave out an element of type 2 that a header lacks.
"""

import subprocess
import time

import numpy as np
import pytest

from storage.vocabulary import DECISIONS
from tests.support.deadlines import scaled
from tests.support.dicom_results import (
    errors_of,
    made_of,
    needs_dciodvfy,
    needs_dsrdump,
    parsed,
    scan_answer,
    scan_bytes,
)
from tests.support.pictures import pixels
from tests.support.shared import SHARED, needs_shared

pytest.importorskip("highdicom", reason="highdicom is not installed")

JAPANESE = "Yamada^Tarou=山田^太郎=やまだ^たろう"
KOREAN = "Hong^Gildong=洪^吉洞=홍^길동"
CYRILLIC = "Люксембург^Роза"
TYPE_2 = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ReferringPhysicianName", "Laterality"),
)
LONG = "x" * 80
HEADERS = {
    "whole": {},
    "Japanese": {"SpecificCharacterSet": ["", "ISO 2022 IR 87"], "PatientName": JAPANESE},
    "Japanese, half width": {
        "SpecificCharacterSet": ["ISO 2022 IR 13", "ISO 2022 IR 87"],
        "PatientName": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    },
    "Korean": {"SpecificCharacterSet": ["", "ISO 2022 IR 149"], "PatientName": KOREAN},
    "Cyrillic": {"SpecificCharacterSet": "ISO_IR 144", "PatientName": CYRILLIC},
    "Cyrillic, in a study of Cyrillic": {
        "SpecificCharacterSet": "ISO_IR 144",
        "PatientName": CYRILLIC,
        "StudyDescription": "Кисть",
        "ReferringPhysicianName": CYRILLIC,
    },
    "Chinese": {"SpecificCharacterSet": "GB18030", "PatientName": "Wang^XiaoDong=王^小东"},
    "UTF-8": {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Buc^Jérôme"},
    "UTF-8, misspelt": {"SpecificCharacterSet": "ISO_IR_192", "PatientName": "Buc^Jérôme"},
    "Greek": {"SpecificCharacterSet": "ISO_IR 126", "PatientName": "Διονυσιος"},
    "Hebrew": {"SpecificCharacterSet": "ISO_IR 138", "PatientName": "שרון^דבורה"},
    "nothing of type 2": dict.fromkeys(TYPE_2),
    "no UIDs": dict.fromkeys(("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")),
    "UIDs that are none": {"StudyInstanceUID": "study 7", "SeriesInstanceUID": "7", "SOPInstanceUID": "x.1"},
    "bad values": {
        "PatientSex": "m",
        "PatientBirthDate": "1970",
        "StudyDate": "2026.11.23",
        "StudyTime": "10:11:12",
        "Laterality": "B",
        "PatientOrientation": ["?", "F"],
        "TimezoneOffsetFromUTC": "Tokyo",
    },
    "values too long": {
        "PatientName": LONG,
        "PatientID": LONG,
        "StudyID": LONG,
        "AccessionNumber": LONG,
        "StudyDescription": LONG,
        "IssuerOfPatientID": LONG,
    },
    "several values": {"PatientID": ["1", "2"], "AccessionNumber": ["3", "4"], "PatientName": ["A^B", "C^D"]},
    "all that is optional": {
        "IssuerOfPatientID": "Hospital",
        "StudyDescription": "Hand",
        "PatientOrientation": ["L", "F"],
        "ImageLaterality": "R",
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "01",
        "TimezoneOffsetFromUTC": "-0330",
    },
    "a class that few know": {"SOPClassUID": "1.2.840.10008.5.1.1.29"},
    "MONOCHROME1": {"PhotometricInterpretation": "MONOCHROME1", "WindowCenter": 2000, "WindowWidth": 3000},
    "12 bits with a sign": {"PixelRepresentation": 1, "RescaleSlope": "2", "RescaleIntercept": "-100"},
    "long pixels": {"PixelAspectRatio": [2, 1]},
    "wide pixels": {"ImagerPixelSpacing": [0.1, 0.2]},
    "frames": {
        "stored": np.stack([pixels(seed) for seed in range(3)]),
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1",
    },
    "colour": {"stored": np.dstack([pixels(seed, bits=8).astype(np.uint8) for seed in range(3)])},
}


@needs_dciodvfy
@pytest.mark.parametrize(("number", "which"), list(enumerate(HEADERS)), ids=list(HEADERS))
def test_no_header_makes_an_object_that_is_in_error_and_each_is_the_same_again(tmp_path, number, which):
    header = dict(HEADERS[which])
    stored = header.pop("stored", None)
    frames = len(stored) if which == "frames" else 1
    data = scan_bytes(stored, **header)
    decision = "fractured" if frames > 1 else ("fractured", *DECISIONS)[number % (len(DECISIONS) + 1)]
    answer = scan_answer(decision, frames=frames, frame=frames)
    made = made_of(tmp_path, data, answer)
    has_outline = decision in ("fractured", "uncertain") and which != "colour"
    assert list(made) == ["sr", "sc", *(["gsps"] if has_outline else [])]
    assert [errors_of(tmp_path, one) for one in made.values()] == [[]] * len(made)
    name = header.get("PatientName")
    if isinstance(name, str) and "^" in name:
        assert [str(parsed(one).PatientName) for one in made.values()] == [name] * len(made)
    time.sleep(0.002)  # a time of now would be another one
    assert made_of(tmp_path, data, answer) == made


RADIOGRAPHS = sorted(
    [*(SHARED / "dicom/radiograph").glob("*.dcm"), *(SHARED / "cases/infant_pelvis").glob("*.dcm")]
)
BAD_UID = {"CR-ModalitySequenceLUT.dcm": "999.999.01.23.45.6789"}
"""An image with this SOP Instance UID is referred to by it, for an archive has it so."""


@needs_shared
@needs_dciodvfy
@pytest.mark.parametrize(
    ("number", "path"), list(enumerate(RADIOGRAPHS)), ids=[path.name for path in RADIOGRAPHS]
)
def test_no_radiograph_makes_an_object_that_is_in_error(tmp_path, number, path):
    answer = scan_answer(("fractured", *DECISIONS)[number % (len(DECISIONS) + 1)])
    made = made_of(tmp_path, path.read_bytes(), answer)
    assert {"sr", "sc"} <= set(made)
    found = [line for one in made.values() for line in errors_of(tmp_path, one)]
    bad = BAD_UID.get(path.name)
    assert [line for line in found if bad is None or f"<{bad}>" not in line] == []


@needs_dsrdump
def test_the_report_is_read_by_dcmtk(tmp_path):
    (tmp_path / "sr.dcm").write_bytes(made_of(tmp_path, scan_bytes(), kinds=("sr",))["sr"].content)
    ended = subprocess.run(
        ["dsrdump", tmp_path / "sr.dcm"],
        capture_output=True,
        text=True,
        timeout=scaled(30),
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    for words in (
        "Comprehensive 3D SR Document",
        "PRELIMINARY",
        "PARTIAL",
        "UNVERIFIED",
        "not a medical device",
        'CODE:(,,"Finding")=(125605004,SCT,"Fracture of bone")',
        'NUM:(,,"Probability of a fracture")="75.0" (%,UCUM,"Percent")',
        "SCOORD",
    ):
        assert words in ended.stdout
