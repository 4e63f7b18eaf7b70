"""What a notebook is answered is what the daemon records.

Break it: let `Model.answer` leave out the shift of the prevalence, or take an array of 8 bits as it is.
"""

import numpy as np
import pytest

from model.decisions.decision import Decision, decide_scan
from model.errors import ReleaseError, ScanError
from model.notebook import Answer, Frame, Model
from model.reading.prepare import open_pictures, prepare
from tests.support.pictures import dicom_bytes, png_bytes
from tests.support.release import shipped_classifier


@pytest.fixture(scope="module")
def model():
    return Model(shipped_classifier())


def test_a_path_its_bytes_and_its_picture_are_answered_alike(model, tmp_path):
    data = dicom_bytes(1)
    (tmp_path / "a.dcm").write_bytes(data)
    picture = next(iter(open_pictures(data)))

    answers = list(model.answers([tmp_path / "a.dcm", str(tmp_path / "a.dcm"), data, picture]))

    (expected,) = shipped_classifier().classify(prepare(data).inputs)
    for answer in answers:
        (frame,) = answer.frames
        assert (answer.decision, answer.probability) == (expected.decision, expected.score)
        assert frame.heat_map.shape == expected.heat_map.shape
        assert np.array_equal(frame.heat_map, expected.heat_map)
    assert answers[0].header.modality == prepare(data).header.modality == "CR"
    assert answers[3].header is None


def test_eight_bits_are_spread_over_sixteen(model):
    picture = np.random.default_rng(1).integers(0, 256, (64, 80), dtype=np.uint8)
    assert model.answer(picture).probability == model.answer(picture.astype(np.uint16) * 257).probability


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((4, 4)),
        np.zeros((0, 4), np.uint8),
        np.zeros((4, 4), np.int16),
    ],
)
def test_an_array_that_is_no_grey_picture_is_refused(model, array):
    with pytest.raises(ValueError, match="rows and columns"):
        model.answer(array)


def test_a_file_without_an_answer_raises_what_a_row_would_say(model):
    with pytest.raises(ScanError) as raised:
        model.answer(png_bytes(1)[:-30])
    assert (raised.value.outcome, raised.value.code) == ("failed", "truncated")


def test_a_prevalence_shifts_the_probability_and_no_decision(model):
    data = png_bytes(1)
    shifted = Model(shipped_classifier(), prevalence=0.02).answer(data)
    plain = model.answer(data)
    assert shifted.probability < plain.probability
    assert (shifted.decision, shifted.frames[0].score) == (plain.decision, plain.frames[0].score)


@pytest.mark.parametrize("prevalence", [0.0, 1.0, 12])
def test_a_prevalence_that_is_no_share_is_refused(prevalence):
    with pytest.raises(ValueError, match=r"12 % is 0\.12"):
        Model.open(prevalence=prevalence)


def test_a_folder_without_a_release_is_named(tmp_path):
    with pytest.raises(ReleaseError, match=str(tmp_path)):
        Model.open(tmp_path)


def test_the_newest_release_that_ships_is_opened():
    assert Model.open().release.label == shipped_classifier().release.label


def frame(decision, score):
    region = "hand" if score > 0.8 else "leg"
    return Frame(Decision(decision), score, score, 0.0, 0.0, region, np.zeros((1, 1), np.float32))


def test_a_row_is_that_of_the_frame_that_decides():
    frames = (frame("uncertain", 0.7), frame("fractured", 0.9), frame("fractured", 0.8))
    decision, probability = decide_scan([(one.decision, one.probability) for one in frames])
    row = Answer(decision, probability, frames, ("odd", "two"), None).as_row()
    assert row == {
        "decision": "fractured",
        "probability": 0.9,
        "score": 0.9,
        "region": "hand",
        "frames": 3,
        "warnings": "odd;two",
    }
