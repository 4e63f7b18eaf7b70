"""Which SOP instances have a row, whatever the answer in it."""

from storage.held import held_instances, held_places
from tests.support.records import classified, failed


def test_rows_of_any_outcome_count_and_nothing_else(engine, ledger, run_id):
    ledger.record(
        [
            classified(1, sop_instance_uid="1.2.3"),
            failed(2, "bad_pixels", sop_instance_uid="1.2.4"),
            failed(3, "empty_file", sop_instance_uid=None),
        ],
        run_id,
    )
    asked = ["1.2.3", "1.2.4", "1.2.5", *(f"9.{number}" for number in range(1200))]
    assert held_instances(engine, asked) == {"1.2.3", "1.2.4"}
    assert held_instances(engine, []) == frozenset()


def test_places_come_with_the_bytes_that_were_answered_there(engine, ledger, run_id):
    ledger.record(
        [classified(1, stored_path="/archive/1"), failed(2, "bad_pixels", stored_path="/archive/2")], run_id
    )
    asked = ["/archive/1", "/archive/2", *(f"/archive/{number}" for number in range(3, 1200))]
    found = held_places(engine, asked)
    assert {place for place, _ in found} == {"/archive/1", "/archive/2"}
    assert ("/archive/1", classified(1).sha256) in found
    assert held_places(engine, []) == frozenset()
