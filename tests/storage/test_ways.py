"""Each way to the rows gives the same rows in the same order, in parts too, and uses its index."""

from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import event, select

from storage import leads, ways
from storage.errors import NoSuchScan
from storage.filters import Filters, conditions
from storage.queries import part_of, results
from storage.reviews import add_review
from storage.schema import SCANS
from tests.support.records import NOON, classified, failed, scan_id

WORDS = ("fractured", "uncertain", "abstained", "not_fractured")
ORDERS = ("suspicious", "newest", "oldest")
FILTERS = (
    {},
    {"decision": "fractured"},
    {"decision": "not_fractured", "min_probability": 0.25, "max_probability": 0.75},
    {"min_probability": 0.5},
    {"outcome": "failed"},
    {"outcome": "rejected", "only_current": True},
    {"outcome": "classified"},
    {"error_code": "truncated"},
    {"error_code": "truncated", "outcome": "rejected"},
    {"patient": "patient-1"},
    {"study": "1.2.3.1"},
    {"uid": "1.2.3.1"},
    {"reviewed": True},
    {"reviewed": False, "region": "hand"},
    {"region": "LEG", "modality": "DX"},
    {"modality": "US"},
    {"accession": "ACCESSION-7"},
    {"since": NOON, "until": NOON.replace(minute=1)},
    {"warning": "odd_window", "device": "maker"},
    {"name": "ward/1", "model": "TEST@1"},
    {"model": "nothing"},
)


@pytest.fixture
def filled(engine, ledger, run_id):
    """Sixty scans of every kind, many of the same probability, in an order that is not that of their ids."""
    scans = []
    for number in range(60):
        seen = {"patient_id": f"patient-{number % 9}", "study_instance_uid": f"1.2.3.{number % 9}"}
        seen |= {"region": ("hand", "leg")[number % 2], "manufacturer": ("Maker", None)[number % 2]}
        seen |= {"device": ("a" * 12, None)[number % 2], "modality": ("DX", "dx", "CR")[number % 3]}
        if number % 5 == 4:
            code, outcome = (("truncated", "failed"), ("no_image", "rejected"))[number % 2]
            scans.append(failed(number, code, outcome=outcome))
        else:
            probability = (number % 7) / 8
            scans.append(classified(number, decision=WORDS[number % 4], probability=probability, **seen))
    ledger.record([*scans[31:], *scans[:31]], run_id)
    ledger.record([classified(99, requeued_from=scan_id(4)), classified(98, is_canary=True)], run_id)
    for number in (1, 2, 3, 10, 11):
        add_review(engine, scan_id(number), "agree", "anna")
    return engine


@pytest.fixture(params=["few", "walked", "swept"])
def way(request, monkeypatch):
    """Let every filter with an index lead, or none; and go through all rows where there is none."""
    monkeypatch.setattr(leads, "FEW", 5_000 if request.param == "few" else -1)
    monkeypatch.setattr(ways, "SMALL", 5_000 if request.param == "few" else -1)
    monkeypatch.setattr(ways, "RARE", 5_000 if request.param == "swept" else 0)
    return request.param


def ids(engine, **filters):
    return [row["scan_id"] for row in results(engine, Filters(**filters))]


def expected(rows, order, filters):
    """Take from all rows those that match, in the order, by Python."""
    words = ("fractured", "uncertain", "abstained", "failed", "not_fractured", "rejected")
    places = {scan: place for place, scan in enumerate(rows)}

    def key(scan):
        row = rows[scan]
        if order != "suspicious":
            return places[scan] * (1 if order == "oldest" else -1)
        rank = words.index(row["decision"] or row["outcome"])
        return rank, -(row["probability"] or 0), -places[scan]

    def matches(row):
        tests = {
            "decision": lambda one: row["decision"] == one,
            "outcome": lambda one: row["outcome"] == one,
            "error_code": lambda one: row["error_code"] == one,
            "min_probability": lambda one: row["probability"] is not None and row["probability"] >= one,
            "max_probability": lambda one: row["probability"] is not None and row["probability"] <= one,
            "only_current": lambda one: row["superseded_by"] is None,
            "patient": lambda one: row["patient_id"] == one,
            "study": lambda one: row["study_instance_uid"] == one,
            "uid": lambda one: row["study_instance_uid"] == one,
            "reviewed": lambda one: (row["reviewed"] is not None) is one,
            "region": lambda one: row["region"] == one.lower(),
            "modality": lambda one: (row["modality"] or "").upper() == one,
            "accession": lambda one: (row["accession_number"] or "").upper() == one,
            "since": lambda one: row["finished_at"] >= one,
            "until": lambda one: row["finished_at"] < one,
            "warning": lambda one: row["warnings"] == one,
            "device": lambda one: row["manufacturer"] == "Maker",
            "name": lambda one: one in row["source_name"],
            "model": lambda one: one.lower() in (row["model"] or ""),
        }
        return all(tests[name](value) for name, value in filters.items())

    return sorted((scan for scan, row in rows.items() if matches(row)), key=key)


def test_each_filter_in_each_order_and_in_parts(filled, way):
    """Break it: compare the probability alone where a part begins: rows of the same one are then lost."""
    rows = {row["scan_id"]: row for row in results(filled)}
    for filters in FILTERS if way == "few" else FILTERS[:10:2]:
        for order in ORDERS if way != "swept" else ("suspicious",):
            whole = expected(rows, order, filters)
            assert ids(filled, order=order, **filters) == whole, (way, order, filters)
            for place in (6, len(whole) // 2):
                if place < len(whole):
                    after = ids(filled, order=order, limit=5, after=whole[place], **filters)
                    assert after == whole[place + 1 : place + 6], (way, order, filters, place)
                    before = ids(filled, order=order, limit=5, before=whole[place], **filters)
                    assert before == whole[max(0, place - 5) : place], (way, order, filters, place)


def test_a_part_may_begin_after_a_scan_that_does_not_match(filled, way):
    whole = ids(filled, order="suspicious")
    for one, following in list(pairwise(whole))[::5]:
        found = ids(filled, order="suspicious", after=one, limit=1)
        assert found == [following]
    uncertain = [scan for scan in whole if scan in ids(filled, decision="uncertain")]
    assert ids(filled, order="suspicious", decision="uncertain", after=whole[0]) == uncertain
    assert ids(filled, order="suspicious", limit=7, offset=3) == whole[3:10]


def test_a_part_that_begins_after_no_scan_is_refused(filled):
    with pytest.raises(NoSuchScan, match="begin anew"):
        ids(filled, after=scan_id(12345), limit=5)
    with pytest.raises(ValueError, match="not both"):
        Filters(after=scan_id(1), before=scan_id(2))


PLANS = {
    "suspicious": ({"order": "suspicious"}, "ix_scans_decision_probability"),
    "a decision": ({"order": "suspicious", "decision": "uncertain"}, "ix_scans_decision_probability"),
    "a range": (
        {"order": "suspicious", "decision": "uncertain", "min_probability": 0.3, "max_probability": 0.4},
        "ix_scans_decision_probability",
    ),
    "failures": ({"order": "newest", "outcome": "failed"}, "ix_scans_unanswered"),
    "failures first": ({"order": "suspicious", "error_code": "truncated"}, "ix_scans_unanswered"),
}
LEADS = {
    "a patient": ({"patient": "patient-1", "decision": "fractured"}, "ix_scans_patient_id"),
    "a study": ({"study": "1.2.3.1", "order": "newest"}, "ix_scans_study_instance_uid"),
    "a series": ({"uid": "1.2.3.1.1", "order": "suspicious"}, "ix_scans_series_instance_uid"),
    "a region": ({"region": "HAND", "order": "suspicious"}, "ix_scans_region"),
    "a modality": ({"modality": "cr", "order": "newest"}, "ix_scans_modality"),
    "a device": ({"device": "maker", "order": "suspicious"}, "ix_scans_device"),
    "a file": ({"sha256": "0" * 64, "order": "newest"}, "ix_scans_sha256"),
    "an hour": ({"since": NOON, "decision": "fractured", "order": "suspicious"}, "ix_scans_finished_at"),
}


def plan(engine, filters):
    """Say how the database goes about a question; for PostgreSQL all rows are few here."""
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    list(results(engine, replace(Filters(limit=5), **filters)))
    is_sqlite = engine.dialect.name == "sqlite"
    lines = []
    with engine.connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in [one for one in asked if "FROM scans" in one[0]]:
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            found = connection.exec_driver_sql(explain + statement, parameters)
            lines += [row[3] if is_sqlite else row[0] for row in found]
    return lines


@pytest.mark.parametrize("name", PLANS)
def test_an_order_is_walked_by_its_index(filled, monkeypatch, name):
    monkeypatch.setattr(leads, "FEW", -1)
    monkeypatch.setattr(ways, "SMALL", -1)
    monkeypatch.setattr(ways, "RARE", 0)
    filters, index = PLANS[name]
    lines = plan(filled, filters)

    assert any(index in line for line in lines), lines


def test_the_planner_of_postgresql_does_not_take_a_warning_for_rare(filled):
    """Break it: ask for the text alone. For a hundred rows a million are sorted then."""
    if filled.dialect.name != "postgresql":
        pytest.skip("SQLite has one way, whatever it expects")
    asked = select(SCANS.c.seq).where(*conditions(Filters(warning="odd_window"), None))
    written = str(asked.compile(filled, compile_kwargs={"literal_binds": True}))
    with filled.connect() as connection:
        connection.exec_driver_sql("ANALYZE scans")
        expected = [
            connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {one}").scalar()[0]["Plan"]["Plan Rows"]
            for one in (written, "SELECT 1 FROM scans")
        ]
    assert expected[0] > 0.3 * expected[1]


@pytest.mark.parametrize("name", LEADS)
def test_few_rows_are_found_by_their_index(filled, name):
    filters, index = LEADS[name]
    lines = plan(filled, filters)

    assert any(index in line for line in lines), lines
    if filled.dialect.name == "sqlite":
        assert not any(line == "SCAN scans" for line in lines), lines


REACHED = {
    "suspicious": lambda rows, reach: rows[-reach:],
    "newest": lambda rows, reach: rows[-reach:],
    "oldest": lambda rows, reach: rows[:reach],
}


@pytest.mark.parametrize("order", ORDERS)
def test_where_no_index_helps_no_more_is_looked_at_than_asked_for(filled, monkeypatch, order):
    """Break it: leave out where a part begins: the next part of the newest looks at the same rows again."""
    monkeypatch.setattr(ways, "SMALL", -1)
    rows = {row["scan_id"]: row for row in results(filled)}
    asked = {"name": "ward/1", "order": order, "limit": 50}
    reached = REACHED[order](list(rows), 21)  # the canary is one of the latest that are looked at
    reached = reached[1:] if order != "oldest" else reached
    found = part_of(filled, Filters(**asked, reach=21))
    whole = expected(rows, order, {"name": "ward/1"})
    assert [row["scan_id"] for row in found.rows] == [one for one in whole if one in reached]
    assert found.looked_to == rows[reached[-1 if order == "oldest" else 0]]["finished_at"]
    assert part_of(filled, Filters(**asked, reach=1000)).looked_to is None
    if found.rows:
        full = Filters(**asked | {"limit": len(found.rows)}, reach=21)
        assert part_of(filled, full).looked_to is None
    assert part_of(filled, Filters(order=order, limit=99, reach=3)).looked_to is None
    if order != "suspicious":
        middle = list(rows)[30]
        further = part_of(filled, Filters(**asked, reach=21, after=middle))
        beyond = list(rows)[31:52] if order == "oldest" else list(rows)[9:30]
        assert [row["scan_id"] for row in further.rows] == [one for one in whole if one in beyond]
