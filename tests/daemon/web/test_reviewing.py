"""Reviews from the page, over a real database that it may write to."""

from urllib.parse import urlencode

import pytest

pytest.importorskip("starlette", reason="the extra `page` is not installed")

from daemon.spool.folders import Spool
from daemon.web.app import make_app
from daemon.web.drawings import Drawings
from daemon.web.reviewing import Reviewing, is_of_the_page
from storage.engine import open_engine
from storage.reviews import add_review
from storage.scan_detail import scan
from storage.urls import sqlite_url
from tests.support.asgi import ask
from tests.support.recorded import fill
from tests.support.records import NOON, scan_id

FROM_THE_PAGE = [(b"sec-fetch-site", b"same-origin")]


class Desk:
    """A page that takes reviews, and what its database holds then."""

    def __init__(self, folder, children, reviewer="Dr. A", header=None):
        spool = Spool(fill(folder / "spool"))
        self.engine = open_engine(sqlite_url(spool.root / "results.db"))
        reviewing = Reviewing(self.engine, self._add, reviewer, header)
        self.app = make_app(
            self.engine, spool, Drawings(spool, children), reviewing=reviewing, clock=lambda: NOON
        )

    def _add(self, one, verdict, reviewer, note):
        add_review(self.engine, one, verdict, reviewer, note)

    def post(self, number=1, headers=(), body=None, **form):
        address = f"http://localhost/scan/{scan_id(number)}/review"
        content = urlencode(form).encode() if body is None else body
        return ask(self.app, address, "POST", [*FROM_THE_PAGE, *headers], content)

    def get(self, path):
        return ask(self.app, f"http://localhost{path}")

    def reviews(self, number=1):
        found = scan(self.engine, scan_id(number)).reviews
        return [(one["verdict"], one["reviewer"], one["note"]) for one in found]


@pytest.fixture
def desk(tmp_path, children):
    made = []

    def of(**more):
        made.append(Desk(tmp_path, children, **more))
        return made[-1]

    yield of
    for one in made:
        one.engine.dispose()


def test_a_review_is_added_and_leads_back_to_the_scan(desk):
    one = desk()
    given = one.post(verdict="disagree", note=" old  fracture, <b>healed</b> ")
    assert (given.status, given.headers["location"]) == (303, f"/scan/{scan_id(1)}#reviews")
    assert one.reviews() == [("disagree", "Dr. A", "old fracture, <b>healed</b>")]
    one.post(verdict="agree")
    shown = one.get(f"/scan/{scan_id(1)}").text
    assert "disagree with fractured: Dr. A" in shown
    assert "&lt;b&gt;healed&lt;/b&gt;" in shown
    assert "reviewed: agree" in one.get("/").text
    assert one.get("/?reviewed=yes").text.count('class="state"') == 1
    assert "Sensitivity" in one.get("/figures?days=365").text


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"verdict": "certain"}, 400, "verdict is one of"),
        ({}, 400, "verdict is one of"),
        ({"verdict": "agree", "note": "x" * 2001}, 400, "at most 2000"),
        ({"body": b"verdict=agree&note=" + b"x" * 40_000}, 400, "too much"),
        ({"body": b"\xff\xfe"}, 400, "malformed"),
        ({"body": b"&".join([b"verdict=agree"] * 9)}, 400, "malformed"),
        ({"verdict": "agree", "number": 3}, 409, "no answer of the network"),
        ({"verdict": "agree", "number": 9}, 404, "no scan"),
    ],
)
def test_what_is_no_review_records_none_and_says_why(desk, form, status, words):
    one = desk()
    given = one.post(**form)
    assert (given.status, words in given.text) == (status, True), given.text
    assert [one.reviews(number) for number in (1, 3)] == [[], []]


def test_the_web_server_before_the_page_names_who_reviews(desk):
    """Break it: take the first of two names, or the usual one where the header names nobody."""
    one = desk(header="X-Remote-User")
    assert one.post(verdict="agree").status == 400
    assert (
        one.post(verdict="agree", headers=[(b"x-remote-user", b"a"), (b"x-remote-user", b"b")]).status == 400
    )
    assert one.post(verdict="agree", headers=[(b"x-remote-user", b"Dr. B")]).status == 303
    assert one.reviews() == [("agree", "Dr. B", None)]
    named = "J\u00f6rg".encode()
    assert one.post(verdict="agree", note="\u9aa8" * 1900, headers=[(b"x-remote-user", named)]).status == 303
    assert [name for _, name, _ in one.reviews()] == ["Dr. B", "J\u00f6rg"]
    assert 'name="verdict"' not in one.get(f"/scan/{scan_id(1)}").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"sec-fetch-site", b"cross-site"), (b"origin", b"http://localhost")], 403),
        ([(b"sec-fetch-site", b"same-site")], 403),
        ([(b"origin", b"http://elsewhere.example")], 403),
        ([(b"origin", b"null")], 403),
        ([(b"origin", b"http://[")], 403),
        ([], 403),
        ([(b"origin", b"http://localhost")], 303),
    ],
)
def test_a_form_of_another_site_is_refused(desk, headers, status):
    """Break it: take any POST: a page elsewhere reviews in the name of whoever opens it."""
    one = desk()
    address = f"http://localhost/scan/{scan_id(1)}/review"
    assert ask(one.app, address, "POST", headers, b"verdict=agree").status == status
    assert len(one.reviews()) == (status == 303)


def test_a_page_for_reading_only_takes_no_review_and_shows_no_form(tmp_path, children):
    spool = Spool(fill(tmp_path / "spool"))
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    app = make_app(engine, spool, Drawings(spool, children))
    address = f"http://localhost/scan/{scan_id(1)}"
    assert ask(app, f"{address}/review", "POST", FROM_THE_PAGE, b"verdict=agree").status == 405
    assert "<button name" not in ask(app, address).text
    engine.dispose()


def test_the_name_of_the_site_has_to_be_that_of_the_page_with_its_port():
    def asked(origin, host=b"localhost:8070"):
        return is_of_the_page({"headers": [(b"Host", host), (b"Origin", origin)]})

    assert asked(b"http://localhost:8070")
    assert not asked(b"http://localhost:8071")
    assert not asked(b"http://localhost")
