"""What stands on a page beside what `test_app` and the browser look at."""

from datetime import timedelta

import pytest

pytest.importorskip("starlette", reason="the extra `page` is not installed")

from starlette.requests import Request

from daemon.spool.folders import Spool
from daemon.spool.lock import hold_lock
from daemon.web.pages import Pages
from daemon.web.query import BadQueryError
from storage import ways
from storage.engine import open_engine
from storage.urls import sqlite_url
from tests.support.recorded import fill
from tests.support.records import NOON, classified, failed, prediction, scan_id


@pytest.fixture
def pages(tmp_path):
    """Write pages over these rows, at noon of the day after."""
    engines = []

    def of(rows=None):
        spool = Spool(fill(tmp_path / f"spool-{len(engines)}", rows))
        engines.append(open_engine(sqlite_url(spool.root / "results.db"), readonly=True))
        return Pages(engines[-1], spool, None, clock=lambda: NOON + timedelta(days=1))

    yield of
    for engine in engines:
        engine.dispose()


def asked(query="", **path):
    return Request(
        {"type": "http", "query_string": query.encode(), "path_params": path, "headers": [], "path": "/"}
    )


def text(response):
    return response.body.decode()


def test_the_worklist_says_that_no_daemon_runs(pages):
    assert "no daemon runs on this spool" in text(pages().worklist(asked()))


def test_the_worklist_says_how_long_ago_a_scan_was_answered(pages):
    assert text(pages().worklist(asked())).count("23 h ago") == 4


def test_beside_a_running_daemon_the_worklist_says_nothing_of_it(pages, tmp_path):
    made = pages()
    spool = Spool(tmp_path / "spool-0")
    with hold_lock(spool):
        spool.status_file.write_text('{"state": "running", "pauses": {}}')
        assert "No file is taken in" not in text(made.worklist(asked()))
        spool.status_file.write_text('{"state": "running", "pauses": {"disk": {"cause": "ENOSPC"}}}')
        assert "disk: ENOSPC" in text(made.worklist(asked()))


def test_of_many_frames_a_page_shows_some_and_leads_to_the_others(pages):
    """Break it: show all: a browser then asks for each, and each request decodes those before it."""
    made = pages([classified(1, frames=30, predictions=tuple(prediction(n) for n in range(1, 31)))])
    first = text(made.scan(asked(scan_id=scan_id(1))))
    assert (first.count('class="film"'), "?from=13" in first) == (12, True)
    assert "made the answer" in first
    last = text(made.scan(asked("from=25", scan_id=scan_id(1))))
    assert (last.count('class="film"'), "?from=" in last) == (6, False)
    assert "Frame 25" in last


def test_failures_stand_by_reason_and_by_device_with_what_to_do(pages):
    rows = [
        failed(1, device="a" * 12, manufacturer="Maker"),
        failed(2),
        classified(3),
        failed(4, "unknown_format"),
    ]
    given = text(pages(rows).failures(asked()))
    assert "inboxray requeue --code truncated" in given
    assert "requeue --code unknown_format" not in given  # the same bytes have the same answer
    assert "The file ends before its picture does" in given
    assert "<td>Maker</td>" in given


def test_a_stretch_that_is_not_offered_is_refused(pages):
    for page in (pages().failures, pages().figures):
        with pytest.raises(BadQueryError, match="days is one of"):
            page(asked("days=400"))


def test_the_frame_that_made_the_answer_comes_first(pages):
    """Break it: take the most probable one: the model may have abstained there, and its map means nothing."""
    frames = (
        prediction(1, decision="abstained", probability=0.98),
        prediction(2, decision="not_fractured", probability=0.1),
        prediction(3, probability=0.9),
    )
    given = text(pages([classified(1, frames=3, predictions=frames)]).scan(asked(scan_id=scan_id(1))))
    assert given.index("Frame 3: fractured") < given.index("Frame 1: abstained")
    assert "Frame 3 of 3 made the answer; 1 of them abstained." in given


def test_a_requeued_scan_leads_to_its_newer_answer_and_shows_no_picture(pages):
    made = pages([classified(1), classified(2, requeued_from=scan_id(1))])
    old = text(made.scan(asked(scan_id=scan_id(1))))
    assert f'<a href="/scan/{scan_id(2)}">its newer answer</a>' in old
    assert 'class="film"' not in old
    listed = text(made.worklist(asked()))
    assert f'<a href="/scan/{scan_id(2)}">newer answer</a>' in listed
    assert listed.count("/1/thumbnail") == 1


def test_studies_stand_by_their_worst_scan_with_what_they_lack(pages):
    rows = [
        classified(1, study_instance_uid="1.2&x", decision="not_fractured", probability=0.1),
        classified(2, study_instance_uid="1.2&x", probability=0.9),
        failed(3, study_instance_uid="1.2&x"),
        classified(4, decision="uncertain", probability=0.4),
        failed(5),
    ]
    made = pages(rows)
    given = text(made.studies(asked()))
    places = [given.index(f'href="/scan/{scan_id(number)}"') for number in (2, 4, 5)]
    assert places == sorted(places)
    assert f"/scan/{scan_id(1)}" not in given
    assert 'href="/?study=1.2%26x&amp;current=1">3</a>' in given
    assert "1 fractured, 1 failed, 1 not fractured" in given
    assert 'data-label="Incomplete">1 failed<' in given
    assert 'aria-current="page">Studies' in given
    only = text(made.studies(asked("decision=uncertain")))
    assert f"/scan/{scan_id(4)}" in only
    assert f"/scan/{scan_id(2)}" not in only
    assert "No study matches" in text(made.studies(asked("patient=absent")))


def test_parts_of_the_studies_lead_to_one_another(pages, monkeypatch):
    monkeypatch.setattr("daemon.web.pages.ROWS_A_PAGE", 2)
    monkeypatch.setattr("daemon.web.query.ROWS_A_PAGE", 2)
    made = pages([classified(number, probability=number / 10) for number in range(1, 6)])
    first = text(made.studies(asked()))
    assert f'href="/studies?page=2&amp;after={scan_id(4)}" rel="next"' in first
    second = text(made.studies(asked(f"page=2&after={scan_id(4)}")))
    assert f"/scan/{scan_id(3)}" in second
    assert 'href="/studies?page=1" rel="prev"' in second
    with pytest.raises(BadQueryError, match="page"):
        made.studies(asked("page=2"))


def test_a_list_says_how_far_back_it_looked_and_leads_further(pages, monkeypatch):
    """Break it: say only that no scan matches."""
    monkeypatch.setattr(ways, "SMALL", 2)
    made = pages([classified(number) for number in range(6)])
    given = text(made.worklist(asked("name=nothing&reach=3")))
    assert "No scan of these matches" in given
    assert "only 3 scans were looked at, back to" in given
    assert 'href="/?name=nothing&amp;reach=30"' in given
    assert "were looked at" not in text(made.worklist(asked("name=nothing&reach=30")))
