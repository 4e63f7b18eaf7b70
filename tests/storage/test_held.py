"""Which SOP instances have a row, whatever the answer in it."""

from storage.held import held_instances
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
