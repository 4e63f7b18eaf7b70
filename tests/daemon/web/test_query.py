from datetime import datetime

import pytest

from daemon.web.query import MOST_PAGES, REACH, ROWS_A_PAGE, BadQueryError, read_days, read_query
from tests.support.records import scan_id


def test_an_empty_address_is_the_first_page_the_suspicious_first():
    query = read_query({"decision": "", "patient": "  "})
    assert query.filters.order == "suspicious"
    assert (query.filters.limit, query.filters.offset) == (ROWS_A_PAGE + 1, 0)
    assert query.given == {}


def test_each_parameter_reaches_its_filter():
    texts = ("patient", "study", "accession", "uid", "name", "device", "model", "modality")
    words = {"decision": "Not fractured", "outcome": "classified", "code": "truncated", "region": "Hand"}
    rest = {"min": "0.25", "max": "1", "current": "1", "sort": "newest", "page": "3", "since": "2026-11-23"}
    filters = read_query({**{name: name.upper() for name in texts}, **words, **rest}).filters
    assert {name: getattr(filters, name) for name in texts} == {name: name.upper() for name in texts}
    assert (filters.decision, filters.outcome, filters.error_code, filters.region) == (
        *("not_fractured", "classified", "truncated", "hand"),
    )
    assert (filters.min_probability, filters.max_probability, filters.only_current) == (0.25, 1.0, True)
    assert (filters.order, filters.offset) == ("newest", 2 * ROWS_A_PAGE)
    assert filters.since == datetime(2026, 11, 23).astimezone()  # local


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("decision", "broken"),
        ("outcome", "x"),
        ("sort", "probability"),
        ("since", "yesterday"),
        ("min", "1.5"),
        ("max", "nan"),
        ("min", "a"),
        ("page", "0"),
        ("page", "-1"),
        ("page", str(MOST_PAGES + 1)),
        ("page", "9" * 5000),
        ("page", "000000001" + "9" * 4400),
        ("page", "000000001999999"),
        ("since", "0001-01-01"),
        ("region", "nose"),
        ("name", "a\0b"),
        ("page", "٣"),
        ("patient", "x" * 201),
        ("reach", "0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_name_of_its_parameter(name, text):
    with pytest.raises(BadQueryError, match=name):
        read_query({name: text})


def test_the_address_of_another_page_keeps_what_was_asked_for():
    query = read_query({"patient": "a&b=c", "page": "2"})
    assert query.at(3) == "/?patient=a%26b%3Dc&page=3"


def test_a_part_begins_after_the_last_scan_of_the_one_before_it():
    """Break it: ask by the number of the page: what lies before it is then counted off, row by row."""
    first, last = scan_id(1), scan_id(2)
    rows = [{"scan_id": first}, {"scan_id": last}]
    query = read_query({"patient": "a", "page": "3", "after": first.upper()})
    assert (query.filters.after, query.filters.before, query.filters.offset) == (first, None, 0)
    assert query.following(rows) == f"/?patient=a&page=4&after={last}"
    assert query.preceding(rows) == f"/?patient=a&page=2&before={first}"
    assert read_query({"page": "2", "before": first}).preceding(rows) == "/?page=1"
    assert read_query({"page": str(MOST_PAGES + 1), "after": first}).page == MOST_PAGES + 1
    with pytest.raises(BadQueryError, match="after is a scan's id"):
        read_query({"after": "' OR 1"})


def test_a_list_reaches_so_far_and_further_where_it_is_asked_to():
    """Break it: leave the reach out of the next part's address: that one looks at fewer again."""
    query = read_query({"name": "ward"})
    assert (query.filters.reach, query.at(2)) == (REACH, "/?name=ward&page=2")
    assert query.further() == f"/?name=ward&reach={10 * REACH}"
    further = read_query({"name": "ward", "reach": str(10 * REACH)})
    assert (further.filters.reach, further.at(2)) == (10 * REACH, f"/?name=ward&reach={10 * REACH}&page=2")


def test_figures_are_over_days_that_are_offered():
    assert (read_days({}), read_days({"days": ""}), read_days({"days": "90"})) == (14, 14, 90)
    for text in ("400", "014", "all"):
        with pytest.raises(BadQueryError, match="days is one of 1, 7, 14, 30, 90, 365"):
            read_days({"days": text})
