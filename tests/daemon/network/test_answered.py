from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from daemon.network.answered import answer_of, identity_of, is_same_answer
from model.decisions.decision import Decision
from storage.scan_detail import ScanDetail
from tests.support.records import HEAT_MAP, MODEL, NOON, scan_id

ROW = {
    "scan_id": scan_id(1),
    "seq": 7,
    "sha256": "ab" * 32,
    "pipeline_version": "3",
    "finished_at": NOON,
    "decision": "uncertain",
    "probability": 0.5,
    "score": 0.4,
    "prevalence": 0.2,
    "region": "leg",
    "frames": 3,
    "model_id": 2,
}
MODEL_ROW = {
    "name": MODEL.name,
    "version": MODEL.version,
    "sha256": MODEL.sha256,
    "thresholds": MODEL.thresholds,
}
FRAMES = (
    {"model_id": 2, "frame": 1, "decision": "not_fractured", "probability": 0.9, "heat_map": None},
    {"model_id": 2, "frame": 2, "decision": "uncertain", "probability": 0.4, "heat_map": None},
    {"model_id": 2, "frame": 3, "decision": "uncertain", "probability": 0.5, "heat_map": HEAT_MAP},
    {"model_id": 1, "frame": 1, "decision": "uncertain", "probability": 0.99, "heat_map": None},
)


def detail(**changed):
    return ScanDetail(ROW | changed, {"version": "0.1.0"}, MODEL_ROW, FRAMES, (), ())


def test_the_answer_is_that_of_the_row_and_of_the_frame_that_made_it():
    """Break it: take the most probable frame, whatever was decided about it."""
    answer = answer_of(detail())
    assert (answer.decision, answer.probability, answer.score) == (Decision.UNCERTAIN, 0.5, 0.4)
    assert (answer.frame, answer.frames, answer.number, answer.region) == (3, 3, 7, "leg")
    np.testing.assert_array_equal(answer.heat_map, np.arange(49).reshape(7, 7))
    model = answer.model
    assert (model.title, model.rule_out, model.rule_in) == ("inboxray-test 1.0.0", 0.1, 0.9)
    assert model.software_version == "0.1.0"
    assert answer.superseded is None


def test_its_identity_is_that_of_bytes_model_pipeline_and_time():
    identity = identity_of(detail())
    assert (identity.sha256, identity.model_sha256) == ("ab" * 32, MODEL.sha256)
    assert (identity.pipeline_version, identity.finished_at) == ("3", NOON)


def test_it_takes_the_place_of_an_answer_to_the_same_bytes_alone():
    before = detail(finished_at=NOON - timedelta(days=1))
    assert answer_of(detail(), before).superseded == identity_of(before)
    other = replace(before, scan={**before.scan, "sha256": "cd" * 32})
    assert answer_of(detail(), other).superseded is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"scan_id": scan_id(2), "finished_at": NOON + timedelta(days=1)}, True),
        ({"model_id": 3}, False),
        ({"pipeline_version": "4"}, False),
        ({"probability": 0.6, "prevalence": 0.3}, False),
        ({"sha256": "cd" * 32}, False),
    ],
)
def test_an_answer_is_the_same_whenever_it_was_given(changed, expected):
    assert is_same_answer(detail(), detail(**changed)) is expected
