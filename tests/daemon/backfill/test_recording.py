"""What becomes of a batch: rows for ours, none for other programs' files, and no hand on any of them."""

import threading
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from daemon.backfill.looks import UNREADABLE
from daemon.backfill.original import Entry, Original
from daemon.backfill.recording import ANSWERED, CHANGED, KNOWN, NOT_OURS, Recording
from daemon.decoding.messages import Decoded
from daemon.execution.classify import classify_scans
from daemon.execution.executor import Classified
from daemon.pauses import Pauses
from daemon.pipeline.answers import Rules
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.spool.file_state import look_at
from daemon.spool.folders import Spool
from model.header import Header
from storage.filters import Filters
from storage.queries import results
from tests.support.rights import without_rights
from tests.support.stub import StubClassifier, model_record, stub_release

RELEASE = stub_release()
KEEP = Identifiers("keep")
NOW = datetime(2026, 11, 29, tzinfo=UTC)


class Network:
    """The network of this machine, at once."""

    def classify(self, scans):
        done = Future()
        done.set_result(Classified(classify_scans(StubClassifier(RELEASE), scans, 16)))
        return done


@pytest.fixture
def recording(tmp_path, engine, ledger, run_id):
    ledger.register_model(model_record(RELEASE))

    def made(identifiers=KEEP):
        recorder = Recorder(ledger, Pauses(), threading.Event())
        rules = Rules(RELEASE, identifiers)
        return Recording(Spool(tmp_path), engine, Network(), recorder, rules, run_id=run_id)

    return made


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path.parent / f"{tmp_path.name}-archive"
    folder.mkdir()
    return folder


def job(path, content=b"x", *, code=None, requeued_from=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    look = look_at(bytes(path))
    entry = Entry(bytes(path), path.name.encode(), requeued_from)
    digest = f"{sum(content):064x}"
    known = {"look": look, "sha256": digest, "header": Header(format="png")}
    decoded = (
        Decoded(inputs=np.full((1, 224, 224), 9000, np.uint16), **known)
        if code is None
        else Decoded.refused("failed", code, **known)
    )
    return Job(Original.of(entry, look, RELEASE.sha256, NOW), decoded)


def recorded(engine):
    return list(results(engine, Filters()))


def test_ours_get_rows_and_files_of_other_programs_none(recording, engine, archive):
    """Break it: record all. A folder of reports is a million failures."""
    large = job(archive / "4.zip", b"PK", code="too_large")
    batch = [
        job(archive / "1.png"),
        job(archive / "2.xml", code="unknown_format"),
        job(archive / "3.dcm", code="truncated"),
        replace(large, decoded=replace(large.decoded, sha256=None)),
    ]
    ends, rows = recording().record(batch)
    assert ends == [ANSWERED, NOT_OURS, ANSWERED, NOT_OURS]
    assert [(row["outcome"], row["stored_path"]) for row in recorded(engine)] == [
        ("classified", str(archive / "1.png")),
        ("failed", str(archive / "3.dcm")),
    ]
    assert len(rows) == 2
    assert sorted(path.name for path in archive.iterdir()) == ["1.png", "2.xml", "3.dcm", "4.zip"]


def test_a_file_that_was_only_touched_has_its_row(recording, archive):
    first = job(archive / "1.png")
    made = recording()
    made.record([first])
    touched = replace(first, claim=replace(first.claim, scan_id="1" + first.claim.scan_id[1:]))
    other = replace(touched, decoded=replace(touched.decoded, sha256="f" * 64))
    assert made.record([touched])[0] == [KNOWN]
    assert made.record([other])[0] == [ANSWERED]  # it holds other bytes now


def test_a_file_that_was_written_to_or_went_meanwhile_gets_no_row(recording, engine, archive):
    """Break it: record what was read. The row then names bytes that are not there."""
    batch = [job(archive / "1.png"), job(archive / "2.png")]
    (archive / "1.png").write_bytes(b"longer")
    (archive / "2.png").unlink()
    assert recording().record(batch)[0] == [CHANGED, CHANGED]
    assert recorded(engine) == []


def test_what_cannot_be_looked_at_any_more_gets_no_row(recording, engine, archive):
    """Break it: take it for gone or changed. Nothing says then that it waits for an answer."""
    (archive / "closed").mkdir()
    batch = [job(archive / "closed" / "1.png"), job(archive / "closed" / "2.png", code="unreadable")]
    batch[1] = replace(batch[1], decoded=replace(batch[1].decoded, look=None))
    with without_rights(archive / "closed"):
        assert recording().record(batch)[0] == [UNREADABLE, UNREADABLE]
    assert recorded(engine) == []


def test_what_is_there_and_cannot_be_opened_gets_its_row(recording, engine, archive):
    closed = job(archive / "1.png", code="unreadable")
    closed = replace(closed, decoded=replace(closed.decoded, look=None))
    assert recording().record([closed])[0] == [ANSWERED]
    assert [row["error_code"] for row in recorded(engine)] == ["unreadable"]


def test_in_the_spool_a_place_is_below_it_and_hashed_names_lead_nowhere(recording, tmp_path, archive):
    made = recording()
    stored = job(tmp_path / "done" / "2026-11-29" / "a.png", requeued_from="0" * 36)
    assert made.place(stored.claim) == b"done/2026-11-29/a.png"
    assert made.record([stored])[1][0].requeued_from == "0" * 36
    place = recording(Identifiers("hash", b"k" * 32)).place(job(archive / "DOE^JANE.png").claim)
    assert place.startswith(b"/")
    assert b"DOE" not in place
