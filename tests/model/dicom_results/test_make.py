import logging
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.dicom_results.made_object import KINDS
from model.dicom_results.make import make_objects, preload
from model.header import Header
from model.reading.display import Rescale, Window
from model.reading.excerpt import KEYWORDS, Excerpt, ShownFrame
from tests.support.dicom_results import JAPAN, heat_map, made_of, parsed, scan_answer, scan_bytes
from tests.support.pictures import pixels

pytest.importorskip("highdicom", reason="highdicom is not installed")

SHOWN = ShownFrame(96, 80, True, False, True, Rescale(1e-9, 1e9 / 3), Window(1 / 3, 2e30))


def test_what_is_asked_for_is_made_in_one_order(tmp_path):
    assert list(made_of(tmp_path, scan_bytes(), kinds=("gsps", "sr"))) == ["sr", "gsps"]
    assert tuple(made_of(tmp_path, scan_bytes())) == KINDS
    assert made_of(tmp_path, scan_bytes(), kinds=()) == {}


def test_no_presentation_state_is_made_that_would_show_nothing(tmp_path):
    assert "gsps" not in made_of(tmp_path, scan_bytes(), scan_answer("abstained"))
    assert "gsps" not in made_of(tmp_path, scan_bytes(), scan_answer(heat_map=heat_map(height=-1.0)))
    colour = np.dstack([pixels(seed, bits=8).astype(np.uint8) for seed in range(3)])
    assert list(made_of(tmp_path, scan_bytes(colour))) == ["sr", "sc"]


def test_without_a_picture_there_is_the_report_alone(tmp_path):
    assert list(made_of(tmp_path, scan_bytes(), is_drawn=False)) == ["sr"]


def test_what_libraries_say_of_values_is_not_shown(tmp_path, caplog):
    """Break it: leave `_quiet` out. A library quotes the patient's name."""
    data = scan_bytes(PatientName="Nameless", StudyInstanceUID="1.2.03")
    with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        made_of(tmp_path, data)
    assert [one for one in caught if "Nameless" in str(one.message)] == []
    assert "Nameless" not in caplog.text
    assert not logging.getLogger("highdicom").disabled


@settings(max_examples=20)
@given(
    st.dictionaries(st.sampled_from(KEYWORDS), st.text(max_size=80)),
    st.sampled_from(["fractured", "abstained"]),
)
def test_no_text_of_a_header_costs_an_object(texts, decision):
    """Break it: hand a value over as it is."""
    header = Header("dicom", rows=96, columns=80, frames=1, sop_class_uid=texts.get("StudyID"))
    made = make_objects(
        scan_answer(decision), header, Excerpt(texts, 1.0, SHOWN), None, ("sr", "gsps"), JAPAN
    )
    assert [one.kind for one in made] == (["sr", "gsps"] if decision == "fractured" else ["sr"])
    for one in made:
        found = parsed(one)
        assert found.SpecificCharacterSet == "ISO_IR 192"
        assert len(str(found.StudyInstanceUID)) <= 64


def test_what_it_needs_can_be_imported_before():
    preload()
