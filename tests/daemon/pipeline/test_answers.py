from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daemon.decoding.messages import Decoded
from daemon.pipeline.answers import OTHER_BYTES, Rules, answer_batch
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.spool.claim import CANARY, Claim, Origin
from model.decisions.calibration import shift_prevalence
from model.header import Header
from model.reading.network_input import pipeline_version
from storage.known import Known
from tests.support.records import classified, digest, failed, scan_id
from tests.support.stub import StubClassifier, stub_release

RULES = Rules(stub_release(), Identifiers("keep"))
OURS = {"model_sha256": RULES.release.sha256, "pipeline_version": pipeline_version(())}


def job(number, *grey, sha256=None, uid=None, requeued_from=None, failed=None):
    """Give a decoded scan with a frame for each level of grey, 0 to 1."""
    inputs = np.stack([np.full((224, 224), level * 65535, np.uint16) for level in grey]) if grey else None
    header = Header("dicom", sop_instance_uid=uid)
    decoded = Decoded(sha256=sha256 or digest(number), header=header, inputs=inputs)
    if failed:
        decoded = replace(decoded, outcome="failed", error_code=failed)
    return Job(Claim(scan_id(number), Path("claimed"), b"a", Origin(requeued_from)), decoded)


def decisions(answer):
    return [record.decision for record in answer.predictions]


def answers(jobs, known=None, rules=RULES, classifier=None):
    """Answer as the pipeline does, by the network for those that need it."""
    classifier, known = classifier or StubClassifier(), known or Known()
    predictions = {
        one.claim.scan_id: classifier.classify(one.decoded.inputs)
        for one in jobs
        if rules.needs_network(one, known)
    }
    return answer_batch(jobs, predictions, known, rules)


def known_of(*rows):
    """Give what the ledger says once these rows stand."""
    return Known().after(rows)


def test_each_frame_has_its_prediction():
    (answer,) = answers([job(1, 0.9, 0.1, 0.5)])
    assert decisions(answer) == ["fractured", "not_fractured", "uncertain"]
    assert [record.frame for record in answer.predictions] == [1, 2, 3]
    assert [len(record.heat_map) for record in answer.predictions] == [196] * 3
    assert np.frombuffer(answer.predictions[0].heat_map, "<f4") == pytest.approx(0.9, abs=1e-4)


def test_a_scan_that_failed_keeps_its_code_and_needs_no_network():
    failed = job(1, failed="truncated")
    assert not RULES.needs_network(failed, Known())
    (answer,) = answers([failed])
    assert (answer.outcome, answer.error_code, answer.predictions) == ("failed", "truncated", ())


def test_a_frame_without_a_finite_number_fails_its_scan_alone():
    """Fault 46: never a label."""
    jobs = [job(1, 0.9), job(2, 0.1, 1.0), job(3, 0.5)]
    found = answers(jobs, classifier=StubClassifier(nan_above=0.95))
    assert [answer.error_code for answer in found] == [None, "bad_network_output", None]
    assert found[1].predictions == ()


def test_a_prevalence_shifts_the_probability_and_nothing_else():
    (plain,) = answers([job(1, 0.9)])
    (shifted,) = answers([job(1, 0.9)], rules=replace(RULES, prevalence=0.1))
    (one,), (other,) = plain.predictions, shifted.predictions
    assert other.probability == pytest.approx(shift_prevalence(one.score, 0.5, 0.1))
    assert other.probability < one.probability == one.score
    assert replace(other, probability=one.probability) == one
    assert (plain.prevalence, shifted.prevalence) == (RULES.release.calibration.prevalence, 0.1)


def test_the_same_bytes_are_answered_by_the_first_ones_prediction():
    known = known_of(classified(1, **OURS))
    again = job(2, 0.1, sha256=digest(1))
    assert not RULES.needs_network(again, known)
    (answer,) = answers([again], known)
    assert (answer.outcome, answer.duplicate_of) == ("classified", scan_id(1))
    assert decisions(answer) == ["fractured"]


def test_a_reused_prediction_has_the_probability_of_the_settings_of_now():
    known = known_of(classified(1, **OURS))
    (answer,) = answers([job(2, 0.9, sha256=digest(1))], known, replace(RULES, prevalence=0.1))
    (record,) = answer.predictions
    assert record.probability == pytest.approx(shift_prevalence(record.score, 0.5, 0.1))
    assert answer.prevalence == 0.1


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ({"model_sha256": "e" * 64}, {}),
        ({"pipeline_version": "older"}, {}),
        ({"predictions": ()}, {}),
        ({}, {"requeued_from": scan_id(1)}),
    ],
    ids=["another model", "another pipeline", "no predictions", "requeued"],
)
def test_else_it_is_classified_again_and_still_names_the_first(earlier, now):
    known = known_of(classified(1, **(OURS | earlier)))
    again = job(2, 0.1, sha256=digest(1), **now)
    assert RULES.needs_network(again, known)
    (answer,) = answers([again], known)
    assert (decisions(answer), answer.duplicate_of) == (["not_fractured"], scan_id(1))


def test_the_earlier_one_of_the_same_batch_counts():
    jobs = [job(1, 0.9), job(2, 0.9, sha256=digest(1)), job(3, 0.1), job(4, 0.9, sha256=digest(1))]
    assert [answer.duplicate_of for answer in answers(jobs)] == [None, scan_id(1), None, scan_id(1)]


def test_a_failed_one_is_no_original():
    jobs = [job(1, 1.0), job(2, 1.0, sha256=digest(1))]
    found = answers(jobs, classifier=StubClassifier(nan_above=0.95))
    assert [answer.duplicate_of for answer in found] == [None, None]


def test_one_instance_with_other_bytes_is_warned_of():
    known = known_of(classified(1, sop_instance_uid="1.2.3"))
    jobs = [
        job(2, 0.1, uid="1.2.3"),
        job(3, 0.9, sha256=digest(1), uid="1.2.3"),
        job(4, 0.1, uid="1.2.4"),
        job(5, 0.1),
    ]
    expected = [(OTHER_BYTES,), (OTHER_BYTES,), (), ()]
    assert expected == [answer.warnings for answer in answers(jobs, known)]


@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded before", "of the same batch"])
def test_what_was_cut_on_its_way_has_no_answer_that_the_whole_file_could_contradict(is_recorded):
    cut, whole = job(1, failed="truncated", uid="1.2.3"), job(2, 0.1, uid="1.2.3")
    if is_recorded:
        known = known_of(failed(1, sop_instance_uid="1.2.3", sha256=digest(1)))
        assert [answer.warnings for answer in answers([whole], known)] == [()]
    else:
        assert [answer.warnings for answer in answers([cut, whole])] == [(), ()]


def test_nor_does_a_cut_file_contradict_the_answer_of_the_whole_one_before_it():
    known = known_of(classified(1, sop_instance_uid="1.2.3"))
    found = answers([job(2, failed="truncated", uid="1.2.3"), job(3, 1.0, uid="1.2.3")], known)
    assert [answer.warnings for answer in found] == [(), (OTHER_BYTES,)]


def test_a_frame_without_a_number_makes_no_answer_either():
    jobs = [job(1, 1.0, uid="1.2.3"), job(2, 0.1, uid="1.2.3")]
    found = answers(jobs, classifier=StubClassifier(nan_above=0.95))
    assert [answer.warnings for answer in found] == [(), ()]


def test_also_within_one_batch():
    found = answers([job(1, 0.9, uid="1.2.3"), job(2, 0.1, uid="1.2.3"), job(3, 0.1, uid="9")])
    assert [answer.warnings for answer in found] == [(OTHER_BYTES,), (OTHER_BYTES,), ()]


def test_the_rule_of_identifiers_holds_for_the_instance_too():
    rules = replace(RULES, identifiers=Identifiers("hash", b"0123456789abcdef"))
    known = known_of(classified(1, sop_instance_uid=rules.identifiers.value("1.2.3")))
    (answer,) = answers([job(2, 0.1, uid="1.2.3")], known, rules)
    assert answer.warnings == (OTHER_BYTES,)


def test_a_canary_reuses_nothing_and_is_the_copy_of_nothing():
    known = known_of(classified(1, **OURS))
    canary = job(2, 0.9, sha256=digest(1))
    canary = replace(canary, claim=replace(canary.claim, origin=CANARY))
    assert RULES.needs_network(canary, known)
    assert [answer.duplicate_of for answer in answers([canary], known)] == [None]
