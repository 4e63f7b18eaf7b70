import random
import time

import pytest

from storage.errors import NoSuchScan
from storage.filters import Filters
from storage.recorded_since import BEGINNING, new_rows
from storage.studies import lone_studies, members_of, studies, studies_named
from tests.support.deadlines import scaled
from tests.support.many_scans import multiply
from tests.support.records import NOON, classified, failed, scan_id


def scan(number, study, decision="not_fractured", probability=0.1, **more):
    return classified(number, study_instance_uid=study, decision=decision, probability=probability, **more)


def found(engine, **filters):
    """Give what decides each study, by its number."""
    return [int(one.deciding.scan_id[-12:], 16) for one in studies(engine, Filters(**filters))]


@pytest.fixture
def filled(engine, ledger, run_id):
    """Three studies, a picture that names none, and a canary."""
    ledger.record(
        [
            scan(1, "1.1"),
            scan(2, "1.2", "uncertain", 0.4),
            scan(3, "1.1", "fractured", 0.8, modality="CR"),
            scan(4, "1.2"),
            scan(5, "1.3", "fractured", 0.9),
            scan(6, None, "fractured", 0.85),
            failed(7, study_instance_uid="1.2"),
            scan(8, "1.1", "fractured", 0.99, is_canary=True),
        ],
        run_id,
    )
    return engine


def test_a_study_stands_where_its_worst_scan_stands(filled):
    assert found(filled, order="suspicious") == [5, 6, 3, 2]
    assert found(filled, order="oldest") == [2, 3, 5, 6]
    assert found(filled, order="newest") == [6, 5, 3, 2]


def test_filters_are_asked_of_the_scan_that_decides(filled):
    assert found(filled, modality="CR") == [3]
    assert found(filled, decision="not_fractured") == []
    assert found(filled, study="1.2") == [2]
    assert found(filled, min_probability=0.82, order="suspicious") == [5, 6]


def test_parts_of_the_list_join_without_a_gap(filled):
    first = found(filled, order="suspicious", limit=2)
    after = found(filled, order="suspicious", limit=2, after=scan_id(first[-1]))
    assert [*first, *after] == [5, 6, 3, 2]
    assert found(filled, order="suspicious", limit=2, before=scan_id(after[-1])) == [6, 3]
    with pytest.raises(NoSuchScan):
        found(filled, after=scan_id(99))


def test_the_list_is_that_of_all_studies_sorted(engine, ledger, run_id, monkeypatch):
    """Break it: keep no limit to the chunks, or meet a study twice. Against all rows, folded at once."""
    monkeypatch.setattr("storage.studies._FIRST_CHUNK", 7)
    drawn = random.Random(19)  # noqa: S311 -- the same on each run
    ledger.record(
        [
            scan(
                number,
                drawn.choice([None, *(f"1.{one}" for one in range(40))]),
                drawn.choice(["fractured", "uncertain", "abstained", "not_fractured"]),
                drawn.choice([0.1, 0.5, 0.9]),
            )
            for number in range(1, 201)
        ],
        run_id,
    )
    every = members_of(engine, new_rows(engine, BEGINNING))
    whole = [*studies_named(engine, {one.study_instance_uid for one in every} - {None}).values()]
    whole += lone_studies(engine, [one.scan_id for one in every if not one.study_instance_uid]).values()
    by_suspicion = found(engine, order="suspicious")
    assert len(by_suspicion) == len(whole)
    assert sorted(by_suspicion) == found(engine)
    backwards, place = [], scan_id(by_suspicion[-1])
    while part := found(engine, order="suspicious", before=place, limit=9):
        backwards[:0], place = part, scan_id(part[0])
    assert [*backwards, by_suspicion[-1]] == by_suspicion


def test_the_answer_to_a_requeued_file_takes_the_place_of_the_first(engine, ledger, run_id):
    """Also one whose header was never read: the study knows that it lacks an answer."""
    ledger.record(
        [
            scan(1, "1.1", "fractured", 0.9),
            scan(2, "1.1"),
            failed(3, "decoder_crashed", requeued_from=scan_id(1)),
            failed(4, "decoder_crashed", requeued_from=scan_id(3)),
        ],
        run_id,
    )
    (study,) = studies(engine)
    assert [scan.scan_id for scan in study.scans] == [scan_id(4), scan_id(2)]
    assert study.study_instance_uid == "1.1"
    assert lone_studies(engine, [scan_id(3)]) == {}
    every = members_of(engine, new_rows(engine, BEGINNING))
    assert {one.study_instance_uid for one in every} == {"1.1"}
    assert [one.finished_at for one in every] == [classified(number).finished_at for number in (1, 2, 3, 4)]
    ledger.record([scan(5, "1.1", "uncertain", 0.3, requeued_from=scan_id(4))], run_id)
    assert found(engine) == [5]


def test_studies_by_name(filled):
    named = studies_named(filled, ["1.2", "1.9"])
    assert list(named) == ["1.2"]
    assert [scan.answer for scan in named["1.2"].scans] == ["uncertain", "failed", "not_fractured"]
    assert named["1.2"].first_scan_id == scan_id(2)
    assert named["1.2"].first_finished_at == classified(2).finished_at
    (alone,) = lone_studies(filled, [scan_id(6)]).values()
    assert (alone.study_instance_uid, alone.last_finished_at > NOON) == (None, True)


def test_a_study_of_ten_thousand_scans_is_one_line(engine, ledger, run_id):
    if engine.dialect.name != "sqlite":
        pytest.skip("rows are multiplied on SQLite alone")
    ledger.record([scan(1, "1.2"), scan(2, "1.1", "uncertain", 0.4)], run_id)
    multiply(engine, scan_id(2), 9_999, above=1000)
    started = time.process_time()
    assert found(engine, order="suspicious") == [10_999, 1]
    assert time.process_time() - started < scaled(4)
