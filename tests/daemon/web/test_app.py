"""The page over real rows and real files; what a header or a name holds is shown as text."""

import re

import pytest

pytest.importorskip("starlette", reason="the extra `page` is not installed")

from daemon.spool.folders import Spool  # is there
from daemon.web.app import make_app
from daemon.web.drawings import Drawings
from storage.engine import open_engine
from storage.urls import sqlite_url
from tests.support.asgi import ask
from tests.support.recorded import fill, scans
from tests.support.records import NOON, classified, failed, scan_id

HOSTILE = '<script>alert("x")</script>\'"&'


@pytest.fixture
def page(tmp_path, children):
    """Ask the page of a spool with these rows for an address."""
    engines = []

    def of(rows=None, path="/", method="GET"):
        spool = Spool(fill(tmp_path / f"spool-{len(engines)}", rows))
        engines.append(open_engine(sqlite_url(spool.root / "results.db"), readonly=True))
        return ask(
            make_app(engines[-1], spool, Drawings(spool, children), clock=lambda: NOON),
            f"http://localhost{path}",
            method,
        )

    yield of
    for engine in engines:
        engine.dispose()


def links(given):
    return re.findall('href="/scan/([0-9a-f-]{36})"', given.text)


def test_the_worklist_shows_the_suspicious_first(page):
    given = page()
    assert (given.status, given.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert links(given) == [scan_id(number) for number in (1, 4, 3, 2)]
    assert "Not a medical device" in given.text


def test_filters_and_order_stand_in_the_address_and_in_the_form(page):
    given = page(path="/?outcome=failed&sort=oldest&name=WARD")
    assert links(given) == [scan_id(3), scan_id(4)]
    assert '<option value="failed" selected>' in given.text
    assert 'name="name" value="WARD"' in given.text


def test_a_long_list_comes_in_parts(page):
    rows = [classified(number) for number in range(120)]
    assert len(links(page(rows))) == 50
    last = page(rows, "/?page=3&decision=fractured")
    assert len(links(last)) == 20
    assert 'href="/?decision=fractured&amp;page=2"' in last.text
    assert "page=4" not in last.text


def test_next_and_before_lead_through_the_list_and_back(page):
    """Break it: begin a part at the probability alone; of 120 scans of one probability 50 are then seen."""
    rows = [classified(number) for number in range(120)]
    seen, address = [], "/"
    while address:
        given = page(rows, address)
        seen.append((address, links(given)))
        found = re.search('href="([^"]*)" rel="next"', given.text)
        address = found[1].replace("&amp;", "&") if found else None
    assert [len(shown) for _, shown in seen] == [50, 50, 20]
    assert [one for _, shown in seen for one in shown] == [scan_id(number) for number in reversed(range(120))]
    back = re.search('href="([^"]*)" rel="prev"', given.text)[1].replace("&amp;", "&")
    assert "before=" in back
    assert links(page(rows, back)) == seen[1][1]


def test_a_scan_shows_its_answer_its_pictures_and_all_that_is_known(page):
    given = page(path=f"/scan/{scan_id(1)}")
    assert given.status == 200
    assert "fractured</span>, probability 0.625" in given.text
    assert f'src="/scan/{scan_id(1)}/1/preview"' in given.text
    assert f'src="/scan/{scan_id(1)}/1/map.png"' in given.text
    assert "patient-1" in given.text
    assert "inboxray classify" in given.text or "requeue" in given.text


def test_a_failure_says_why_and_how_to_try_again(page):
    given = page(path=f"/scan/{scan_id(3)}")
    assert "failed: truncated" in given.text
    assert f"requeue {scan_id(3)}" in given.text
    assert "picture.png" not in given.text


def test_figures_count_how_scans_ended_and_lead_to_them(page):
    given = page([*scans(), failed(5), classified(6, requeued_from=scan_id(5))], "/figures")
    assert '"/?current=1&amp;outcome=failed&amp;code=truncated&amp;since=2026-11-10"' in given.text
    assert re.findall(r'<td class="number">(\d+)</td>', given.text)[:4] == ["2", "1", "1", "1"]


@pytest.mark.parametrize("path", ["/", f"/scan/{scan_id(1)}"])
def test_what_a_header_holds_is_shown_as_text(page, path):
    """Break it: leave out autoescape. A patient's name runs in the browser of who looks at it."""
    fields = ("source_name", "patient_id", "body_part_examined", "manufacturer", "region")
    given = page([classified(1, **dict.fromkeys(fields, HOSTILE))], path)
    assert "<script>alert" not in given.text
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in given.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"/scan/{scan_id(9)}", 404, "no scan"),
        ("/scan/..%2f..%2fetc%2fpasswd", 404, ""),
        (f"/scan/{scan_id(1)}/0/picture.png", 404, ""),
        (f"/scan/{scan_id(1)}/7/preview", 404, "no such frame"),
        (f"/scan/{scan_id(1)}/{'9' * 5000}/preview", 404, ""),
        ("/static/../app.py", 404, "nothing is at this address"),
        ("/nothing", 404, "nothing is at this address"),
        ("/?decision=broken", 400, "decision is one of"),
        ("/?page=0", 400, "page is a number"),
        (f"/scan/{scan_id(1)}/1/picture.png", 409, "cannot be decoded now: unknown_format"),
        (f"/scan/{scan_id(3)}/1/heatmap.png", 409, "has no heat map"),
    ],
)
def test_what_cannot_be_shown_says_why(page, path, status, words):
    given = page(path=path)
    assert given.status == status
    assert words in given.text
    assert "Traceback" not in given.text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.css", "text/css"),
        ("list.js", "text/javascript"),
        ("viewer.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_what_the_page_loads_is_its_own(page, name, kind):
    given = page(path=f"/static/{name}")
    assert given.headers["content-type"].startswith(kind)
    assert "http" not in given.text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address


def test_no_address_elsewhere_and_no_script_within_stands_in_a_page(page):
    for path in ("/", "/figures", f"/scan/{scan_id(1)}"):
        text = page(path=path).text
        assert not re.findall(r'(?:src|href)="(?!/|#)[^"]*"', text)
        assert not re.findall(r"<script(?! src)|\bon\w+=|style=", text)
