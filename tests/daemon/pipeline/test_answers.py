import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daemon.decoding.messages import Decoded
from daemon.pauses import Pauses
from daemon.pipeline.answers import OTHER_BYTES, Answerer
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.scan_record import record_of
from daemon.spool.claim import Claim, Origin
from model.decisions.calibration import shift_prevalence
from model.header import Header
from tests.support.records import NOON, RUN, digest, scan_id
from tests.support.stub import StubClassifier, model_record, stub_release

KEEP = Identifiers("keep")


@pytest.fixture
def recorder(ledger):
    return Recorder(ledger, Pauses(), None)


@pytest.fixture
def run_id(ledger):
    return ledger.begin_run(RUN)


def answerer(recorder, classifier=None, *, rule=KEEP, prevalence=None, batch_size=4):
    classifier = classifier or StubClassifier()
    recorder.ledger.register_model(model_record(classifier.release))
    return Answerer(classifier, recorder, rule, batch_size=batch_size, prevalence=prevalence)


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


def keep(recorder, run_id, jobs, answers, release):
    """Record answers, as the pipeline does."""
    rows = [
        record_of(
            one,
            answer,
            stored_path=b"x",
            finished_at=NOON,
            model_sha256=release.sha256,
            rule=Identifiers("keep"),
        )
        for one, answer in zip(jobs, answers, strict=True)
    ]
    recorder.ledger.record(rows, run_id)


def test_each_frame_has_its_prediction(recorder):
    (answer,), seconds = answerer(recorder).answer([job(1, 0.9, 0.1, 0.5)])
    assert decisions(answer) == ["fractured", "not_fractured", "uncertain"]
    assert [record.frame for record in answer.predictions] == [1, 2, 3]
    assert [len(record.heat_map) for record in answer.predictions] == [196] * 3
    assert np.frombuffer(answer.predictions[0].heat_map, "<f4") == pytest.approx(0.9, abs=1e-4)
    assert seconds >= 0


def test_scans_of_a_batch_do_not_mix_and_failed_ones_see_no_network(recorder):
    classifier = StubClassifier()
    jobs = [job(1, 0.9), job(2, failed="truncated"), job(3, 0.1, 0.2), job(4, 0.8, 0.9, 0.1)]
    answers, _ = answerer(recorder, classifier).answer(jobs)
    assert [decisions(answer) for answer in answers] == [
        ["fractured"],
        [],
        ["not_fractured", "not_fractured"],
        ["fractured", "fractured", "not_fractured"],
    ]
    assert (answers[1].outcome, answers[1].error_code) == ("failed", "truncated")
    assert classifier.seen == [4, 2]


def test_a_batch_without_pictures_asks_nobody(recorder):
    classifier = StubClassifier()
    answers, _ = answerer(recorder, classifier).answer([job(1, failed="truncated")])
    assert [answer.error_code for answer in answers] == ["truncated"]
    assert classifier.seen == []


def test_a_frame_without_a_finite_number_fails_its_scan_alone(recorder):
    """Fault 46: never a label."""
    jobs = [job(1, 0.9), job(2, 0.1, 1.0), job(3, 0.5)]
    answers, _ = answerer(recorder, StubClassifier(nan_above=0.95)).answer(jobs)
    assert [answer.error_code for answer in answers] == [None, "bad_network_output", None]
    assert answers[1].predictions == ()


def test_outputs_of_a_wrong_shape_fail_the_scans(recorder):
    answers, _ = answerer(recorder, StubClassifier(broken=True)).answer([job(1, 0.9), job(2, 0.1)])
    assert {(answer.outcome, answer.error_code) for answer in answers} == {("failed", "bad_network_output")}


def test_a_prevalence_shifts_the_probability_and_nothing_else(recorder):
    (plain,), _ = answerer(recorder).answer([job(1, 0.9)])
    (shifted,), _ = answerer(recorder, prevalence=0.1).answer([job(1, 0.9)])
    (one,), (other,) = plain.predictions, shifted.predictions
    assert other.probability == pytest.approx(shift_prevalence(one.score, 0.5, 0.1))
    assert other.probability < one.probability == one.score
    assert replace(other, probability=one.probability) == one


def test_the_same_bytes_are_answered_by_the_first_ones_prediction(recorder, run_id):
    classifier = StubClassifier()
    who = answerer(recorder, classifier)
    first = [job(1, 0.9)]
    keep(recorder, run_id, first, who.answer(first)[0], classifier.release)
    (again,), _ = who.answer([job(2, 0.9, sha256=digest(1))])
    assert (again.outcome, again.duplicate_of, decisions(again)) == ("classified", scan_id(1), ["fractured"])
    assert classifier.seen == [1]


def test_what_the_network_said_ahead_is_not_asked_again(recorder, run_id):
    classifier = StubClassifier()
    who = answerer(recorder, classifier)
    first, second = [job(1, 0.9)], [job(2, 0.9, sha256=digest(1)), job(3, 0.1), job(4, failed="truncated")]
    ahead = [who.predict(first), who.predict(second)]  # before the first one is in the ledger
    assert classifier.seen == [1, 2]
    keep(recorder, run_id, first, who.answer(first, ahead[0])[0], classifier.release)
    answers, _ = who.answer(second, ahead[1])
    assert classifier.seen == [1, 2]
    assert [answer.duplicate_of for answer in answers] == [scan_id(1), None, None]
    assert [decisions(answer) for answer in answers] == [["fractured"], ["not_fractured"], []]
    assert not who.predict([job(5, 0.9, sha256=digest(1))]).predictions
    assert classifier.seen == [1, 2]


def test_an_answer_does_not_wait_for_the_next_batch_in_the_network(recorder):
    """It stood in line behind it for a lock that it did not need."""
    entered, leave = threading.Event(), threading.Event()

    class Slow(StubClassifier):
        def classify(self, inputs):
            if self.seen:
                entered.set()
                assert leave.wait(60)
            return super().classify(inputs)

    who = answerer(recorder, Slow())
    first = [job(1, 0.9)]
    ahead = who.predict(first)
    with ThreadPoolExecutor(1) as network:
        following = network.submit(who.predict, [job(2, 0.1)])
        try:
            assert entered.wait(60)
            answers, _ = who.answer(first, ahead)
            assert not following.done()
        finally:
            leave.set()
    assert decisions(answers[0]) == ["fractured"]


def test_a_reused_prediction_has_the_probability_of_the_settings_of_now(recorder, run_id):
    first = [job(1, 0.9)]
    keep(recorder, run_id, first, answerer(recorder).answer(first)[0], stub_release())
    (again,), _ = answerer(recorder, prevalence=0.1).answer([job(2, 0.9, sha256=digest(1))])
    (record,) = again.predictions
    assert record.probability == pytest.approx(shift_prevalence(record.score, 0.5, 0.1))


def test_another_model_classifies_again_and_still_names_the_first(recorder, run_id):
    first = [job(1, 0.9)]
    keep(recorder, run_id, first, answerer(recorder).answer(first)[0], stub_release())
    newer = StubClassifier(stub_release("e" * 64))
    (again,), _ = answerer(recorder, newer).answer([job(2, 0.9, sha256=digest(1))])
    assert again.duplicate_of == scan_id(1)
    assert newer.seen == [1]


def test_another_pipeline_classifies_again(recorder, run_id, ledger):
    classifier = StubClassifier()
    who = answerer(recorder, classifier)
    first = [job(1, 0.9)]
    keep(recorder, run_id, first, who.answer(first)[0], classifier.release)
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE scans SET pipeline_version = 'older'")
    who.answer([job(2, 0.9, sha256=digest(1))])
    assert classifier.seen == [1, 1]


def test_a_requeued_file_is_classified_again(recorder, run_id):
    classifier = StubClassifier()
    who = answerer(recorder, classifier)
    first = [job(1, 0.9)]
    keep(recorder, run_id, first, who.answer(first)[0], classifier.release)
    (again,), _ = who.answer([job(2, 0.9, sha256=digest(1), requeued_from=scan_id(1))])
    assert again.duplicate_of == scan_id(1)
    assert classifier.seen == [1, 1]


def test_a_failure_is_reused_by_nobody(recorder, run_id):
    classifier = StubClassifier()
    who = answerer(recorder, classifier)
    first = [job(1, failed="deadline")]
    keep(recorder, run_id, first, who.answer(first)[0], classifier.release)
    (again,), _ = who.answer([job(2, 0.9, sha256=digest(1))])
    assert (again.outcome, again.duplicate_of) == ("classified", None)
    assert classifier.seen == [1]


def test_the_earlier_one_of_the_same_batch_counts(recorder):
    jobs = [job(1, 0.9), job(2, 0.9, sha256=digest(1)), job(3, 0.1), job(4, 0.9, sha256=digest(1))]
    answers, _ = answerer(recorder).answer(jobs)
    assert [answer.duplicate_of for answer in answers] == [None, scan_id(1), None, scan_id(1)]


def test_a_failed_one_is_no_original(recorder):
    jobs = [job(1, 1.0), job(2, 1.0, sha256=digest(1))]
    answers, _ = answerer(recorder, StubClassifier(nan_above=0.95)).answer(jobs)
    assert [answer.duplicate_of for answer in answers] == [None, None]


def test_one_instance_with_other_bytes_is_warned_of(recorder, run_id):
    who = answerer(recorder)
    first = [job(1, 0.9, uid="1.2.3")]
    keep(recorder, run_id, first, who.answer(first)[0], stub_release())
    jobs = [
        job(2, 0.1, uid="1.2.3"),
        job(3, 0.9, sha256=digest(1), uid="1.2.3"),
        job(4, 0.1, uid="1.2.4"),
        job(5, 0.1),
    ]
    answers, _ = who.answer(jobs)
    assert [answer.warnings for answer in answers] == [(OTHER_BYTES,), (OTHER_BYTES,), (), ()]


def test_a_scan_that_failed_says_so_too(recorder, run_id):
    """What was cut on its way and what came whole after it are one instance."""
    who = answerer(recorder)
    first = [job(1, failed="truncated", uid="1.2.3")]
    keep(recorder, run_id, first, who.answer(first)[0], stub_release())
    answers, _ = who.answer([job(2, 0.1, uid="1.2.3"), job(3, failed="truncated", uid="1.2.3")])
    assert [answer.warnings for answer in answers] == [(OTHER_BYTES,)] * 2
    assert [answer.duplicate_of for answer in answers] == [None] * 2


def test_also_within_one_batch(recorder):
    answers, _ = answerer(recorder).answer(
        [job(1, 0.9, uid="1.2.3"), job(2, 0.1, uid="1.2.3"), job(3, 0.1, uid="9")]
    )
    assert OTHER_BYTES in answers[1].warnings
    assert answers[2].warnings == ()


def test_the_rule_of_identifiers_holds_for_the_question_too(recorder, run_id):
    rule = Identifiers("hash", b"0123456789abcdef")
    who = answerer(recorder, rule=rule)
    first = job(1, 0.9, uid="1.2.3")
    row = record_of(
        first,
        who.answer([first])[0][0],
        stored_path=b"x",
        finished_at=NOON,
        model_sha256=stub_release().sha256,
        rule=rule,
    )
    recorder.ledger.record([row], run_id)
    (answer,), _ = who.answer([job(2, 0.1, uid="1.2.3")])
    assert answer.warnings == (OTHER_BYTES,)
