"""A report over real rows and real files; what a header or a name holds is text, and nothing is outside."""

import base64
import hashlib
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("jinja2", reason="the extra `page` is not installed")

from daemon.spool.folders import Spool  # is there
from daemon.web.drawings import Drawings
from daemon.web.report import MOST_ROWS, Wanted, make_report
from storage.engine import open_engine
from storage.filters import Filters
from storage.urls import sqlite_url
from tests.support.pictures import png_bytes
from tests.support.recorded import fill, scans
from tests.support.records import classified, prediction, scan_id

HOSTILE = '</style><script>alert("x")</script><img src=x onerror=y>\'"&'
EVERYTHING = Wanted(Filters(), "keep", 200, datetime(2026, 11, 28, 12, tzinfo=UTC))


class Tags(HTMLParser):
    """Collects each element with its attributes, and the text between."""

    def __init__(self, page):
        super().__init__()
        self.met = []
        self.words = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.met.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.met if name == tag]


@pytest.fixture
def report_of(tmp_path, children):
    """Make a report of a spool with rows whose files are pictures, one a row."""
    engines = []

    def of(rows=None, **changed):
        records = [
            replace(row, sha256=hashlib.sha256(png_bytes(number)).hexdigest())
            for number, row in enumerate(scans() if rows is None else rows)
        ]
        spool = Spool(fill(tmp_path / f"spool-{len(engines)}", records))
        for number, row in enumerate(records):
            (spool.root / row.stored_path).write_bytes(png_bytes(number))
        engines.append(open_engine(sqlite_url(spool.root / "results.db"), readonly=True))
        return make_report(engines[-1], Drawings(spool, children), replace(EVERYTHING, **changed))

    yield of
    for engine in engines:
        engine.dispose()


def opened(uri):
    kind, _, content = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_pictures_and_maps_are_in_it_and_nothing_is_outside(report_of):
    """Break it: link a style sheet, or a picture by its address."""
    made = report_of()
    tags = Tags(made.html)
    assert (made.scans, made.rows, made.pictures) == (4, 4, 2)
    images = [attributes["href"] for attributes in tags.of("image")]
    shapes = [opened(uri).shape for uri in images]
    assert shapes == [(256, 256), (96, 96, 4)] * 2
    assert [one["href"] for one in tags.of("use")] == ["#p1", "#p2"]
    for _, attributes in tags.met:
        for name in ("src", "href", "action", "data", "srcset", "style"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,"))
    assert {"script", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in tags.met} == set()


def test_its_policy_lets_its_own_style_in_and_nothing_else(report_of):
    made = report_of()
    (policy,) = [one["content"] for one in Tags(made.html).of("meta") if "http-equiv" in one]
    style = re.search("<style>(.*)</style>", made.html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_hostile_text_is_text(report_of):
    """Break it: switch autoescape off."""
    names = ("patient_id", "accession_number", "study_instance_uid", "body_part_examined", "modality")
    names += ("manufacturer", "manufacturer_model_name", "station_name", "laterality", "source_name")
    made = report_of([classified(1, **dict.fromkeys(names, HOSTILE))], filters=Filters(patient=HOSTILE))
    tags = Tags(made.html)
    assert tags.of("script") == tags.of("img") == []
    assert len(tags.of("style")) == 1
    assert HOSTILE in "".join(tags.words)
    assert made.scans == 1


def test_without_identifiers_there_is_none_of_them_nor_of_the_filters(report_of):
    """Break it: show the value of a filter."""
    filters = Filters(patient="patient-1", study="1.2.3.1", name="ward", accession="accession-1")
    row = classified(1, station_name="MEYERS-ROOM", body_part_examined="Meyer^Anna")
    kept, dropped = (report_of([row], filters=filters, shown=shown).html for shown in ("keep", "drop"))
    assert "accession-1" in kept
    for secret in ("patient-1", "1.2.3.1", "accession-1", "ward", "MEYERS-ROOM", "Meyer^Anna"):
        assert secret in kept
        assert secret not in dropped
    assert "(left out)" in dropped
    assert scan_id(1) in dropped


def test_hashes_are_shown_and_what_older_rows_hold_in_clear_is_not(report_of):
    rows = [classified(1, patient_id="0123456789abcdef" * 2, source_name="ab" * 16 + ".dcm"), classified(2)]
    shown = report_of(rows, shown="hash").html
    assert "0123456789abcdef" * 2 in shown
    assert "ab" * 16 + ".dcm" in shown
    assert "patient-2" not in shown
    assert "ward/2.dcm" not in shown


def test_what_is_left_out_is_counted(report_of):
    rows = [classified(number, probability=number / 10) for number in range(1, 6)]
    made = report_of(rows, most_pictures=2)
    assert (made.scans, made.rows, made.pictures) == (5, 5, 2)
    assert "3 classified scans are left out here" in made.html
    shown = re.findall('<p class="whole">([0-9a-f-]{36})', made.html)
    assert shown == [scan_id(5), scan_id(4)]
    none = report_of(rows, most_pictures=0)
    assert none.pictures == 0
    assert Tags(none.html).of("image") == []


def test_a_table_beyond_its_bound_says_so(report_of, monkeypatch):
    assert MOST_ROWS == 5000
    monkeypatch.setitem(make_report.__globals__, "MOST_ROWS", 3)
    made = report_of(most_pictures=1)
    assert (made.scans, made.rows) == (4, 3)
    assert "The 3 most suspicious of 4 scans" in made.html


def test_a_filter_chooses_and_is_named(report_of):
    made = report_of(filters=Filters(decision="not_fractured", since=datetime(2026, 11, 23, tzinfo=UTC)))
    assert made.scans == 1
    assert "<dt>decision</dt><dd>not_fractured</dd>" in made.html
    nothing = report_of(filters=Filters(modality="MR"))
    assert "No scan matches" in nothing.html


def test_another_file_in_its_place_is_no_picture_of_the_scan(report_of, tmp_path, children):
    spool = Spool(fill(tmp_path / "changed"))
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    made = make_report(engine, Drawings(spool, children), EVERYTHING)
    engine.dispose()
    assert made.pictures == 0
    assert made.html.count("No picture: the file of scan") == 2


def test_of_several_frames_the_most_probable_is_shown(report_of):
    frames = (prediction(1, probability=0.1), prediction(2, probability=0.9))
    made = report_of([classified(1, frames=2, predictions=frames)])
    assert "frame 2 of 2" in made.html
    assert "No picture: the scan has no frame 2" in made.html  # the file of this test has one


def test_an_abstention_is_named_as_one(report_of):
    frames = (prediction(1, decision="abstained"),)
    assert (
        "the map means nothing" in report_of([classified(1, decision="abstained", predictions=frames)]).html
    )


def test_a_map_in_which_nothing_counts_is_named_and_not_drawn(report_of):
    frames = (prediction(1, heat_map=np.full(49, -1.0, "<f4").tobytes()),)
    made = report_of([classified(1, predictions=frames)])
    assert "no place raised the score" in made.html
    assert len(Tags(made.html).of("image")) == 1
