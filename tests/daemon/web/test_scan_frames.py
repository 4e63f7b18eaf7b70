import numpy as np
import pytest

from daemon.web.scan_frames import answered_frames, deciding_frame, the_deciding_first, with_map
from storage.scan_detail import ScanDetail

HIGHEST, ALIKE, OF_ANOTHER_MODEL = (
    {"frame": 1, "model_id": 7, "decision": "abstained", "probability": 0.98},
    {"frame": 2, "model_id": 7, "decision": "fractured", "probability": 0.9},
    {"frame": 3, "model_id": 8, "decision": "fractured", "probability": 0.99},
)


@pytest.fixture
def detail():
    """A scan that two models classified, whose most probable frame is not the one that made the answer."""
    row = {"model_id": 7, "decision": "fractured"}
    return ScanDetail(row, {}, {"id": 7}, (HIGHEST, ALIKE, OF_ANOTHER_MODEL), (), ())


def test_the_answer_is_that_of_the_most_probable_frame_with_its_decision_and_of_its_model(detail):
    assert deciding_frame(detail) == ALIKE
    assert answered_frames(detail) == [HIGHEST, ALIKE]
    assert the_deciding_first(detail) == [ALIKE, HIGHEST]


def test_a_scan_without_an_answer_has_no_frame():
    empty = ScanDetail({"model_id": None, "decision": None}, {}, None, (), (), ())
    assert (deciding_frame(empty), the_deciding_first(empty)) == (None, [])


@pytest.mark.parametrize(
    ("values", "has_map", "raises"), [(None, False, False), ([-1.0], True, False), ([1.0], True, True)]
)
def test_a_map_that_raises_nothing_is_none_that_is_drawn(values, has_map, raises):
    stored = None if values is None else np.full((4, 4), values, "<f4").tobytes()
    shown = with_map({"frame": 1, "heat_map": stored})
    assert (shown["has_map"], bool(shown["raises"])) == (has_map, raises)
