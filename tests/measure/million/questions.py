"""What a page is asked: each filter in each order, deep pages, figures, failures, a scan; and the plans."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qsl

from sqlalchemy import Engine, event, text
from starlette.requests import Request

from daemon.web.pages import Pages
from tests.measure.million.rows import END, uid

ORDERS = ("suspicious", "newest", "oldest")
Question = Callable[[], object]


def filters(size: int) -> dict[str, str]:
    """Name each filter by what it does; values that many rows have, few, one, and none."""
    some = size * 2 // 3
    day = END - timedelta(days=180)
    return {
        "none": "",
        **{
            f"decision {word}": f"decision={word}"
            for word in ("fractured", "uncertain", "abstained", "not_fractured")
        },
        **{f"outcome {word}": f"outcome={word}" for word in ("classified", "failed", "rejected")},
        "code, many": "code=truncated",
        "code, few": "code=crashed_daemon",
        "code, none": "code=dicomdir",
        "region, many": "region=hip",
        "region, few": "region=several",
        "region, none": "region=other",
        "modality, many": "modality=cr",
        "modality, few": "modality=SR",
        "modality, none": "modality=MR",
        "patient": f"patient={some // 6:010d}",
        "patient, none": "patient=nobody",
        "accession": f"accession=a{some // 3:09d}",
        "study UID": f"uid={uid(some // 3)}",
        "series UID": f"uid={uid(2_000_000 + some // 2)}",
        "SOP UID": f"uid={uid(5_000_000 + some)}",
        "UID, none": "uid=1.2.3",
        "name, many": "name=ward3",
        "name, one": f"name=im{some:08d}",
        "name, none": "name=nothing",
        "device, many": "device=room00",
        "device, few": "device=ROOM23",
        "device, none": "device=nothing",
        "model, all": "model=2.0.0",
        "model, none": "model=nothing",
        "warning, many": "warning=pixels_not_square",
        "warning, few": "warning=rle_surplus",
        "warning, none": "warning=rescale_slope_zero",
        "reviewed": "reviewed=yes",
        "not reviewed": "reviewed=no",
        "current": "current=1",
        "last hour": f"since={END - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "last day": f"since={END - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        "last month": f"since={END - timedelta(days=30):%Y-%m-%d}",
        "a day of old": f"since={day:%Y-%m-%d}&until={day + timedelta(days=1):%Y-%m-%d}",
        "a day to come": f"since={END + timedelta(days=4000):%Y-%m-%d}",
        "before all": f"until={END - timedelta(days=4000):%Y-%m-%d}",
        "probability from 0.95": "min=0.95",
        "probability to 0.01": "max=0.01",
        "probability 0.5 to 0.52": "min=0.5&max=0.52",
        "fractured, to review": "decision=fractured&reviewed=no&current=1",
        "failed of a rare device": "outcome=failed&device=room23",
        "fractured of last day": f"decision=fractured&since={END - timedelta(days=1):%Y-%m-%d}",
    }


class Asked:
    """Asks a page as a browser would, but for the network.

    Parameters
    ----------
    pages : Pages
    engine : Engine
        Which the pages ask; its statements are looked at.
    """

    def __init__(self, pages: Pages, engine: Engine) -> None:
        self.pages = pages
        self.engine = engine

    def all(self, size: int, scan_id: str) -> Iterator[tuple[str, Question]]:
        """Yield each question with its name."""
        for name, query in filters(size).items():
            for order in ORDERS:
                yield f"{name}; {order}", self.worklist("&".join(filter(None, (query, f"sort={order}"))))
        for order in ORDERS:
            for pages in (5, 100):
                yield f"page {pages + 1}; {order}", self.worklist(self.deep(f"sort={order}", pages))
        for days in (14, 30, 365):
            yield f"figures of {days} days", self._ask(self.pages.figures, f"days={days}")
            yield f"failures of {days} days", self._ask(self.pages.failures, f"days={days}")
        yield "a scan", self._ask(self.pages.scan, "", scan_id=scan_id)

    def worklist(self, query: str) -> Question:
        """Return what asks for a worklist."""
        return self._ask(self.pages.worklist, query)

    def deep(self, query: str, pages: int) -> str:
        """Return the address that so many clicks on Next lead to."""
        for _ in range(pages):
            shown = self.pages.worklist(request(query)).body.decode()
            found = re.search(r'href="/\?([^"]*)" rel="next"', shown)
            assert found is not None, query
            query = found[1].replace("&amp;", "&")
        return query

    @staticmethod
    def _ask(page: Callable[[Request], object], query: str, **path: object) -> Question:
        return lambda: page(request(query, **path))

    def plan(self, question: Question) -> str:
        """Say which ways the database takes for a question: indexes, and whether it goes over all rows."""
        with statements(self.engine) as asked:
            question()
        lines = [line for statement, parameters in asked for line in self._explained(statement, parameters)]
        return ", ".join(sorted({way for line in lines for way in _ways(line)}))

    def _explained(self, statement: str, parameters: object) -> list[str]:
        is_sqlite = self.engine.dialect.name == "sqlite"
        if "FROM scans" not in statement and "FROM results" not in statement:
            return []
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(explain + statement, parameters).all()
        return [row[3] if is_sqlite else row[0] for row in found]


def _ways(line: str) -> Iterator[str]:
    index = r"USING (?:COVERING )?INDEX (\w+)|Scan .*using (\w+)|Bitmap Index Scan on (\w+)"
    if found := re.search(index, line):
        name = next(filter(None, found.groups()))
        yield "scan_id" if "autoindex" in name else name.removeprefix("ix_").removeprefix("scans_")
    elif re.match(r"SCAN (scans|again|reviews)", line) or re.search(r"Seq Scan on (scans|reviews)", line):
        yield "the table, in its order"
    if "TEMP B-TREE FOR ORDER" in line or re.search(r"Sort  \(", line):
        yield "sorts"


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, object]]]:
    """Note what is asked of a database meanwhile."""
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def request(query: str, **path: object) -> Request:
    """Return a request for an address's parameters."""
    assert all(value for _, value in parse_qsl(query, keep_blank_values=True)), query
    scope = {"type": "http", "query_string": query.encode(), "path_params": path, "headers": [], "path": "/"}
    return Request(scope)


def newest(engine: Engine) -> str:
    """Return the id of a classified scan in the middle."""
    with engine.connect() as connection:
        asked = "SELECT scan_id FROM scans WHERE outcome = 'classified' AND seq > :seq ORDER BY seq LIMIT 1"
        half = connection.scalar(text("SELECT max(seq) / 2 FROM scans"))
        return str(connection.scalar(text(asked), {"seq": half}))
