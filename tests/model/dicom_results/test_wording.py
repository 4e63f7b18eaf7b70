import pytest

from model.dicom_results.wording import NOT_A_DEVICE, decided, explained
from storage.vocabulary import DECISIONS
from tests.support.dicom_results import MODEL, scan_answer


@pytest.mark.parametrize("decision", DECISIONS)
def test_each_decision_is_said_in_a_line(decision):
    said = decided(scan_answer(decision))
    assert said.startswith(decision.replace("_", " "))
    assert said.isascii()
    assert len(said) <= 64
    assert ("0.750" in said) is (decision != "abstained")  # its probability says nothing


@pytest.mark.parametrize("decision", DECISIONS)
def test_what_it_means_and_what_it_is_not_is_explained(decision):
    said = explained(scan_answer(decision))
    assert NOT_A_DEVICE in said
    assert MODEL.title in said
    assert "No person has verified it." in said
    assert ("below 0.1000 is not fractured, one from 0.6000 on is fractured" in said) is (
        decision != "abstained"
    )
    assert ("what raised the score" in said) is (decision in ("fractured", "uncertain"))


def test_the_frame_is_named_where_there_are_several():
    assert "Frame 2 of 3" in explained(scan_answer(frame=2, frames=3))
    assert "Frame" not in explained(scan_answer())
