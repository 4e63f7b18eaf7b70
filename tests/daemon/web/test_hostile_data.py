"""What devices, senders and readers write is shown as text, on each page and in each field.

Break it: leave autoescape out of the templates, or write a value into a script, a style or an address.
"""

import dataclasses
import warnings
from urllib.parse import quote

import pytest

pytest.importorskip("starlette", reason="the extra `page` is not installed")

from daemon.spool.folders import Spool  # is there
from daemon.web.app import make_app
from daemon.web.drawings import Drawings
from storage.engine import open_engine
from storage.records import ScanRecord
from storage.urls import sqlite_url
from tests.support.asgi import ask
from tests.support.daemons import inboxray, rows
from tests.support.markup import read_markup
from tests.support.pictures import dicom_bytes
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id

PAYLOADS = (
    '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></textarea></option></select><script>alert(1)</script>",
    '" autofocus onfocus=alert(1) x="',
    "{{7*7}}${7*7}<%= 7*7 %>",
    "javascript:alert(1)//&lt;script&gt;",
)
FIXED = frozenset(
    {
        "scan_id",
        "outcome",
        "stored_path",
        "error_code",
        "decision",
        "model_sha256",
        "pipeline_version",
        "sha256",
    }
    | {"duplicate_of", "requeued_from"}
)
"""Texts that are ours: a table refuses any other."""
FREE = tuple(
    field.name
    for field in dataclasses.fields(ScanRecord)
    if field.type in (str, str | None, "str", "str | None") and field.name not in FIXED
)
PAGES = ("/", "/figures", "/failures", f"/scan/{scan_id(1)}", f"/scan/{scan_id(2)}", "/?sort=newest&limit=2")


@pytest.fixture
def page(tmp_path, children):
    """Ask for an address of the page over these rows, or over a spool that is there."""
    engines = []

    def of(records=None, spool=None):
        spool = Spool(spool or fill(tmp_path / "spool", records))
        engines.append(open_engine(sqlite_url(spool.root / "results.db"), readonly=True))
        app = make_app(engines[-1], spool, Drawings(spool, children))
        return lambda path: ask(app, f"http://localhost{path}")

    yield of
    for engine in engines:
        engine.dispose()


def test_the_fields_of_devices_and_senders_are_all_tried():
    assert {"source_name", "patient_id", "body_part_examined", "station_name", "error_detail"} <= set(FREE)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_rows_hold_is_shown_as_text(page, payload):
    hostile = {name: f"{name} {payload}" for name in FREE}
    get = page([classified(1, **hostile, warnings=(payload,)), failed(2, **hostile)])
    for path in PAGES:
        active, _ = read_markup(get(path).text)
        assert active == [], path
    shown = read_markup(get("/").text)[1] + read_markup(get(f"/scan/{scan_id(1)}").text)[1]
    for name in ("source_name", "patient_id", "body_part_examined", "station_name"):
        assert f"{name} {payload}" in shown


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_asked_for_is_shown_as_text(page, payload):
    get = page()
    texts = ("patient", "study", "accession", "uid", "name", "device", "region")
    for name in (*texts, "decision", "since", "min", "page", "unknown"):
        active, shown = read_markup(get(f"/?{name}={quote(payload)}").text)
        assert active == [], name
        assert "49" not in shown.replace(payload, ""), name


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_address_that_is_none_is_shown_as_text(page, payload):
    get = page()
    for path in (
        f"/scan/{quote(payload, safe='')}",
        f"/{quote(payload)}",
        f"/scan/{quote(payload)}/1/picture.png",
    ):
        answer = get(path)
        assert answer.status == 404
        assert read_markup(answer.text)[0] == []


def test_a_file_with_a_hostile_header_and_name_goes_all_the_way(page, tmp_path):
    """Through a real daemon: what it cleans is cleaned, and the rest is text."""
    texts = {
        "PatientID": '<script>alert("PatientID")</script>',
        "PatientName": "<script>alert(1)</script>^<img src=x onerror=alert(1)>",
        "BodyPartExamined": "<SVG ONLOAD=X>",
        "Manufacturer": '"><img src=x onerror=alert(1)>',
        "StationName": "'><b>",
        "AccessionNumber": "<i>1</i>",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = dicom_bytes(1, **texts)
    inbox = tmp_path / "real" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "<img src=x onerror=alert(1)>.dcm").write_bytes(content)
    (inbox / "<script>alert(1)<.dcm").write_bytes(content[:-500])
    assert inboxray(tmp_path / "real", "once", settle_s=0.1, incomplete_wait_s=0.2).returncode == 0
    recorded = rows(tmp_path / "real", "scan_id, patient_id")
    assert len(recorded) == 2
    get = page(spool=tmp_path / "real")
    for path in ("/", "/figures", "/failures", *(f"/scan/{row['scan_id']}" for row in recorded)):
        active, shown = read_markup(get(path).text)
        assert active == [], path
        if path == "/":
            assert texts["PatientID"] in shown
            assert "<img src=x onerror=alert(1)>.dcm" in shown
