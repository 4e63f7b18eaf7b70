from storage.filters import Filters
from storage.matching_counts import matching_counts
from storage.queries import Count, results
from tests.support.records import classified, failed, scan_id


def test_they_are_those_of_the_rows_that_match(engine, ledger, run_id):
    """Break it: leave out a filter."""
    ledger.record(
        [
            classified(1, modality="CR"),
            classified(2, modality="CR", decision="not_fractured"),
            classified(3, modality="CR"),
            classified(4, modality="DX"),
            failed(5),
            failed(6, requeued_from=scan_id(5)),
            classified(7, is_canary=True),
        ],
        run_id,
    )
    assert matching_counts(engine, Filters(modality="cr", order="suspicious", limit=1, offset=1)) == (
        Count("classified", None, "fractured", 2),
        Count("classified", None, "not_fractured", 1),
    )
    for filters in (Filters(), Filters(only_current=True), Filters(min_probability=0.1, name="WARD")):
        counted = sum(one.scans for one in matching_counts(engine, filters))
        assert counted == len(list(results(engine, filters)))


def test_nothing_matches_nothing(engine):
    assert matching_counts(engine, Filters()) == ()
