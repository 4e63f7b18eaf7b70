"""Images for an archive that counts say in every way that they are none of a patient.

Break it: leave Quality Control Image out.
"""

import subprocess
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pydicom

from model.reading.prepare import open_pictures
from model.synthetic.trial_images import TrialStudy, trial_image
from tests.support.deadlines import scaled
from tests.support.dicom_results import needs_dciodvfy

STUDY = TrialStudy("INBOXRAY-TEST-1", "2.25.1", "2.25.2", datetime(2026, 11, 29, 10, tzinfo=UTC))


def test_it_says_that_it_is_a_test():
    made = pydicom.dcmread(BytesIO(trial_image(STUDY, "2.25.3", 1)))
    assert made.QualityControlImage == "YES"
    assert all("TEST" in str(made[one].value) for one in ("PatientName", "PatientID", "StudyDescription"))
    assert (made.StudyInstanceUID, made.SOPInstanceUID) == ("2.25.1", "2.25.3")


def test_the_negative_shows_what_the_positive_does():
    positive, negative = (next(iter(open_pictures(trial_image(STUDY, "2.25.3", one)))) for one in (1, 2))
    np.testing.assert_array_equal(positive, negative)


@needs_dciodvfy
def test_a_validator_finds_no_error(tmp_path):
    (tmp_path / "a.dcm").write_bytes(trial_image(STUDY, "2.25.3", 2))
    ended = subprocess.run(
        ["dciodvfy", "-new", tmp_path / "a.dcm"], capture_output=True, timeout=scaled(30), check=False
    )
    assert [line for line in ended.stderr.splitlines() if line.startswith(b"Error")] == []
