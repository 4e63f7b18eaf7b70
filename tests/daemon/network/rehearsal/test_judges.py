"""What programs of others say, as a word; one that is missing is named so.

Break it: take an error for a warning.
"""

import numpy as np
import pytest

from daemon.network.rehearsal import judges
from tests.support.dicom_results import needs_dciodvfy, needs_dcmp2pgm, needs_dsrdump
from tests.support.records import scan_id
from tests.support.result_objects import made_object

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.fixture
def report(tmp_path):
    """A report that lacks nearly all that one must have."""
    (tmp_path / "sr.dcm").write_bytes(made_object(scan_id(1)).content)
    return tmp_path / "sr.dcm"


@needs_dciodvfy
def test_errors_are_counted(report):
    assert judges.validity(report).endswith("errors")
    assert judges.consistency([report, report]).endswith(("error", "errors", "good"))


@needs_dsrdump
def test_what_is_no_report_is_refused(report, tmp_path):
    (tmp_path / "none.dcm").write_bytes(bytes(300))
    for kind in ("sr", "gsps"):
        assert judges.readability(kind, tmp_path / "none.dcm") == "refused"
    assert judges.readability("sr", report) == "refused"
    assert judges.readability("sc", report) == judges.NOT_ASKED


@needs_dcmp2pgm
def test_what_cannot_be_shown_is_no_picture(report, tmp_path):
    assert judges.shown_by_state(report, report, tmp_path) is None


def test_a_program_that_is_missing_is_named(report, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert judges.validity(report) == judges.NOT_INSTALLED
    assert judges.readability("sr", report) == judges.NOT_INSTALLED
    assert judges.shown_by_state(report, report, tmp_path) == judges.NOT_INSTALLED


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        (GREY, "good"),
        (np.clip(GREY.astype(int) + 2, 0, 255).astype(np.uint8), "good"),
        (255 - GREY, "negative"),
        (np.where(GREY == 7, 250, GREY).astype(np.uint8), "1 pixels by up to 243"),
        (GREY[:8], "of another size"),
    ],
)
def test_a_picture_is_like_another_within_two_greys(shown, word):
    assert judges.likeness(shown, GREY) == word
