from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.decoding.messages import Decoded
from daemon.pipeline.answers import Answer
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.pipeline.scan_record import record_of, unrecordable
from daemon.spool.claim import Claim, Origin
from daemon.spool.file_state import Look
from model.header import Header
from model.reading.network_input import PIPELINE_VERSION, REDUCED
from tests.support.records import prediction

ID = "01935a7c-0000-7000-8000-00000000abcd"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEEP = Identifiers("keep")
LOOK = Look(1, 2, 300, 4, 5)
HEADER = Header(
    "dicom",
    modality="DX",
    patient_id="4711",
    accession_number="A1",
    study_instance_uid="1.2.3",
    series_instance_uid="1.2.3.4",
    sop_instance_uid="1.2.3.4.5",
    rows=96,
    columns=80,
    frames=2,
    manufacturer="Maker",
    manufacturer_model_name="Model",
    station_name="Room of Meyer",
)
IDENTIFIERS = (
    "patient_id",
    "accession_number",
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "station_name",
)


def job(header=HEADER, look=LOOK):
    claim = Claim(ID, Path("claimed") / ID, b"w\xe9rd/Meyer.dcm", Origin("former"))
    decoded = Decoded(
        look=look, sha256="a" * 64, header=header, warnings=("odd",), durations={"decode": 0.12345678}
    )
    return Job(claim, decoded, attempts=2)


def row(answer, rule=KEEP, **of):
    return record_of(
        job(**of), answer, stored_path=b"done/2026/\xff", finished_at=NOON, model_sha256="b" * 64, rule=rule
    )


def frames(*decided):
    return tuple(
        prediction(number, decision=decision, probability=probability, score=score)
        for number, (decision, probability, score) in enumerate(decided, start=1)
    )


CLASSIFIED = Answer(
    "classified", predictions=frames(("fractured", 0.8, 0.9)), warnings=("same",), prevalence=0.12
)


def test_a_classified_scan():
    got = row(CLASSIFIED)
    assert (got.outcome, got.error_code, got.decision) == ("classified", None, "fractured")
    assert (got.probability, got.score, got.model_sha256) == (0.8, 0.9, "b" * 64)
    assert got.prevalence == 0.12
    assert (got.scan_id, got.requeued_from, got.attempts) == (ID, "former", 2)
    assert (got.source_name, got.stored_path) == ("w%E9rd/Meyer.dcm", "done/2026/%FF")
    assert (got.sha256, got.size_bytes, got.pipeline_version) == ("a" * 64, 300, PIPELINE_VERSION)
    assert (got.modality, got.rows, got.columns, got.frames) == ("DX", 96, 80, 2)
    assert (got.warnings, got.durations) == (("odd", "same"), {"decode": 0.123457})
    assert got.received_at == job().claim.received_at


def test_the_first_decision_in_order_decides_with_its_own_highest_numbers():
    answer = Answer(
        "classified",
        predictions=frames(
            ("not_fractured", 0.99, 0.99),
            ("uncertain", 0.4, 0.5),
            ("uncertain", 0.6, 0.3),
            ("abstained", 1, 1),
        ),
    )
    got = row(answer)
    assert (got.decision, got.probability, got.score) == ("uncertain", 0.6, 0.5)


@pytest.mark.parametrize(("outcome", "code"), [("failed", "bad_pixels"), ("rejected", "no_image")])
def test_without_a_prediction_there_is_no_decision_and_no_model(outcome, code):
    got = row(Answer(outcome, code))
    assert (got.outcome, got.error_code) == (outcome, code)
    assert (got.decision, got.probability, got.score, got.model_sha256) == (None, None, None, None)
    assert (got.modality, got.patient_id) == ("DX", "4711")


def test_a_file_that_was_never_opened_has_no_size_and_no_header():
    got = row(Answer("failed", "crashed_daemon"), header=None, look=None)
    assert (got.size_bytes, got.modality, got.frames, got.patient_id) == (None, None, None, None)


@pytest.mark.parametrize("rule", [Identifiers("hash", b"0123456789abcdef"), Identifiers("drop")])
def test_identifiers_and_names_follow_the_rule(rule):
    got = row(CLASSIFIED, rule)
    assert [getattr(got, name) for name in IDENTIFIERS] == [
        rule.value(getattr(HEADER, name)) for name in IDENTIFIERS
    ]
    assert "Meyer" not in str(got)
    assert "4711" not in str(got)
    assert (got.modality, got.rows) == ("DX", 96)
    assert (got.manufacturer, got.manufacturer_model_name) == ("Maker", "Model")


ANYTHING = replace(
    HEADER,
    modality="Meyer",
    body_part_examined="hand of Anna Meyer",
    laterality="left, Meyer",
    view_position="meyer",
    transfer_syntax_uid="1.2.840.Meyer",
)


@pytest.mark.parametrize("rule", [Identifiers("hash", b"0123456789abcdef"), Identifiers("drop")])
def test_fault_71_what_a_device_writes_in_place_of_a_code_follows_the_rule_too(rule):
    """Break it: let `_header_columns` apply the rule to the identifiers alone."""
    got = row(CLASSIFIED, rule, header=ANYTHING)
    assert "meyer" not in str(got).lower()
    assert (got.modality, got.view_position, got.rows) == (None, None, 96)
    kept = row(CLASSIFIED, header=ANYTHING)
    assert kept.body_part_examined == "hand of Anna Meyer"


def test_a_body_part_that_the_rule_drops_still_contradicts_the_region():
    elsewhere = replace(HEADER, body_part_examined="Hand")
    answer = Answer("classified", predictions=(replace(CLASSIFIED.predictions[0], region="leg"),))
    got = row(answer, Identifiers("drop"), header=elsewhere)
    assert (got.body_part_examined, got.warnings[-1]) == (None, "region_contradicts")


def test_the_stand_in_of_a_refused_row_keeps_nothing_of_the_header():
    got = unrecordable(row(CLASSIFIED), b"failed/2026/\n")
    assert (got.outcome, got.error_code, got.stored_path) == ("failed", "unrecordable", "failed/2026/%0A")
    header = (
        *IDENTIFIERS,
        "manufacturer",
        "manufacturer_model_name",
        "modality",
        "rows",
        "columns",
        "frames",
        "transfer_syntax_uid",
    )
    assert {getattr(got, name) for name in header} == {None}
    assert (got.decision, got.probability, got.model_sha256, got.predictions) == (None, None, None, ())
    assert (got.scan_id, got.sha256, got.source_name) == (ID, "a" * 64, "w%E9rd/Meyer.dcm")


def test_a_scan_at_a_lower_resolution_is_known_by_its_way_and_warned_of_by_nothing():
    """Break it: list each sign. Every large JPEG 2000 scan comes with a warning."""
    one = job()
    one = replace(one, decoded=replace(one.decoded, warnings=("odd", REDUCED)))
    made = record_of(
        one,
        Answer("classified", predictions=CLASSIFIED.predictions),
        stored_path=b"done/2026/a.dcm",
        finished_at=NOON,
        model_sha256="b" * 64,
        rule=KEEP,
    )
    assert (made.warnings, made.pipeline_version) == (("odd",), f"{PIPELINE_VERSION}-reduced")
