import hashlib
import os
import shutil
import threading
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from structlog.testing import capture_logs

from daemon.decoding.pool import DecoderPool
from daemon.errors import InputOutputError
from daemon.pictures.stored_previews import StoredPreviews
from daemon.pipeline.answers import OTHER_BYTES
from daemon.pipeline.commit import Committer
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.spool.claim import CANARY
from daemon.spool.claiming import claim_file
from daemon.states import State
from tests.daemon.conftest import Bench
from tests.support.daemons import files
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.pictures import dicom_bytes, pixels, png_bytes
from tests.support.stub import StubClassifier
from tests.support.waiting import wait_until


def test_a_file_that_is_written_to_after_its_claim_goes_back_without_a_row(bench):
    """Fault 6: what was decoded is no longer what is there."""
    claim = claim_file(bench.spool, bench.drop("ward/a.png", png_bytes(1)))
    writer = os.open(claim.path, os.O_WRONLY | os.O_APPEND)
    bench.pipeline.begin(claim)
    wait_until(lambda: bench.pipeline._decoding._decoded, what="the child's answer")
    os.write(writer, b"more")
    os.close(writer)
    bench.drain()
    assert bench.rows() == []
    assert (bench.spool.inbox / "ward" / "a.png").read_bytes() == png_bytes(1) + b"more"
    assert bench.pipeline.files.left == {State.RETURNED: 1}
    assert bench.returned == [(b"ward/a.png", threading.get_ident())]
    assert list(bench.spool.claimed.iterdir()) == []


def test_a_file_that_is_written_to_while_it_is_classified_goes_back_too(spool, ledger, children):
    """Fault 6; and a copy in the same batch becomes no duplicate of a row that is never made."""

    class Overtaken(StubClassifier):
        def classify(self, inputs):
            if not self.seen:
                with open(claims[0].path, "ab") as file:
                    file.write(b"more")
            return super().classify(inputs)

    bench = Bench(spool, ledger, children, Overtaken())
    claims = [claim_file(spool, bench.drop(name, png_bytes(1))) for name in ("a.png", "b.png")]
    for claim in claims:
        bench.pipeline.begin(claim)
    wait_until(lambda: len(bench.pipeline._decoding._decoded) == 2, what="the children's answers")
    bench.drain()
    bench.pipeline.close()
    assert bench.rows("source_name, duplicate_of") == [{"source_name": "b.png", "duplicate_of": None}]
    assert (spool.inbox / "a.png").read_bytes() == png_bytes(1) + b"more"


@dataclass
class Watched(StoredPreviews):
    """Notes what is there when small pictures are written."""

    bench: Bench
    seen: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__(self.bench.spool)

    def write(self, scan_id, previews):
        super().write(scan_id, previews)
        is_claimed = (self.bench.spool.claimed / scan_id).is_dir()
        self.seen.append((is_claimed, [row["outcome"] for row in self.bench.rows()], len(previews)))


def test_small_pictures_are_written_once_their_row_stands_and_before_the_file_is_put_away(spool, ledger):
    """Those that were requeued between the two would keep them for ever. The others have none at all."""
    with DecoderPool(1, replace(LIMITS, preview_frames=2)) as pool:
        bench = Bench(spool, ledger, pool, StubClassifier(nan_above=0.9))
        watched = Watched(bench)
        committer = Committer(
            spool, bench.recorder, bench.rules, bench.run_id, pauses=bench.pauses, small_pictures=watched
        )
        frames = np.stack([pixels(1), pixels(2), pixels(3)])
        dropped = {
            "a.dcm": native(frames),
            "cut.png": png_bytes(1)[:300],
            "white.dcm": native(np.full((9, 9), 65535, np.uint16), WindowCenter=100, WindowWidth=2),
        }
        for name, data in dropped.items():
            bench.drop(name, data)
        claims = [claim_file(spool, os.fsencode(name)) for name in dropped]
        canary = replace(claim_file(spool, bench.drop("canary.dcm", dicom_bytes(4))), origin=CANARY)
        batch = [Job(claim, bench.executor.decode(claim.path).result(60)) for claim in (*claims, canary)]
        assert [len(job.decoded.previews) for job in batch] == [2, 0, 1, 1]
        committer.commit(batch, bench.asker.ask(batch))
        bench.pipeline.close()
    outcomes = ["classified", "failed", "failed", "classified"]
    assert watched.seen == [(True, outcomes, 2)]
    assert len(files(spool.previews)) == 2  # of two frames; each is small enough to have one
    assert committer.previews_failed == 0


def decoded_jobs(bench, *sources):
    """Claim and decode files, each a batch of its own, as the pipeline would."""
    claims = [claim_file(bench.spool, source) for source in sources]
    return [[Job(claim, bench.executor.decode(claim.path).result(60))] for claim in claims]


def test_a_batch_knows_the_rows_that_came_after_it_was_asked_about(bench):
    """Copies, one name and one instance, in batches that the network saw before the first had its row.

    Break it: let `Committer.commit` answer by `asked.known` alone.
    """
    bench.drop("a.dcm", dicom_bytes(1))
    batches = decoded_jobs(bench, b"a.dcm")
    bench.drop("a.dcm", dicom_bytes(1))
    batches += decoded_jobs(bench, b"a.dcm")
    bench.drop("b.dcm", dicom_bytes(2, SOPInstanceUID=batches[0][0].decoded.header.sop_instance_uid))
    batches += decoded_jobs(bench, b"b.dcm")
    asked = [bench.asker.ask(batch) for batch in batches]
    assert bench.rows() == []
    for batch, one in zip(batches, asked, strict=True):
        assert bench.pipeline.committer.commit(batch, one).changed == []
    first, copy, other = bench.rows()
    assert (copy["duplicate_of"], other["duplicate_of"]) == (first["scan_id"], None)
    assert first["stored_path"] != copy["stored_path"]
    assert [OTHER_BYTES in row["warnings"] for row in (first, copy, other)] == [False, False, True]
    assert [bench.stored(row) for row in bench.rows()][:2] == [dicom_bytes(1)] * 2


def test_a_changed_file_that_cannot_go_back_is_read_anew(bench):
    claim = claim_file(bench.spool, bench.drop("ward/a.png", png_bytes(1)))
    bench.pipeline.begin(claim)
    wait_until(lambda: bench.pipeline._decoding._decoded, what="the child's answer")
    with open(claim.path, "ab") as file:
        file.write(b"more")
    (bench.spool.inbox / "ward").rmdir()
    (bench.spool.inbox / "ward").touch()
    bench.drain()
    (row,) = bench.rows()
    assert row["sha256"] == hashlib.sha256(png_bytes(1) + b"more").hexdigest()
    assert row["attempts"] == 2


def test_a_file_that_somebody_took_out_of_the_claims_is_answered_all_the_same(bench):
    claim = claim_file(bench.spool, bench.drop("a.png", png_bytes(1)))
    bench.pipeline.begin(claim)
    wait_until(lambda: bench.pipeline._decoding._decoded, what="the child's answer")
    os.unlink(claim.path)
    bench.drain()
    assert [row["outcome"] for row in bench.rows()] == ["classified"]
    assert list(bench.spool.claimed.iterdir()) == []


@pytest.mark.parametrize("target", [".", "nowhere"])
def test_a_link_that_was_swapped_in_is_a_failed_scan_and_no_more(bench, target):
    """Fault 13: never followed; and it ends neither this daemon nor the next."""
    (bench.spool.inbox / "a.dcm").symlink_to(target)
    bench.pipeline.claim(b"a.dcm")
    bench.drain()
    (row,) = bench.rows()
    assert (row["error_code"], row["sha256"]) == ("unreadable", None)
    assert os.path.islink(bench.spool.root / row["stored_path"])


def test_a_move_that_fails_is_counted_and_tried_again(bench):
    """Fault 55."""
    bench.spool.done.rmdir()
    bench.spool.done.touch()
    bench.drop("a.png", png_bytes(1))
    bench.claim_all()
    bench.drain()
    assert len(bench.rows()) == 1
    assert bench.pipeline.committer.pending == 1
    bench.pipeline.committer.retry()
    assert bench.pipeline.committer.pending == 1
    bench.spool.done.unlink()
    bench.spool.done.mkdir()
    bench.pipeline.committer.retry()
    assert bench.pipeline.committer.pending == 0
    assert bench.stored(bench.rows()[0]) == png_bytes(1)
    assert list(bench.spool.claimed.iterdir()) == []


def test_nobody_gets_the_place_of_a_file_that_could_not_be_moved_yet(bench):
    """Two rows that name one path would leave one of them without its file for ever."""
    bench.spool.done.rmdir()
    bench.spool.done.touch()
    for seed in (1, 2):
        bench.drop("a.png", png_bytes(seed))
        bench.claim_all()
        bench.drain()
        if seed == 1:
            bench.spool.done.unlink()
            bench.spool.done.mkdir()
    bench.pipeline.committer.retry()
    assert bench.pipeline.committer.pending == 0
    assert [bench.stored(row) for row in bench.rows()] == [png_bytes(1), png_bytes(2)]


def test_a_row_that_the_database_refuses_costs_one_header(bench):
    """Fault 52, with a code that no database knows."""
    claims = [claim_file(bench.spool, bench.drop(f"{n}.png", png_bytes(n))) for n in range(3)]
    bench.pipeline.answer_unopened(claims[0], "no such code")
    for claim in claims[1:]:
        bench.pipeline.begin(claim)
    bench.drain()
    rows = {row["source_name"]: row for row in bench.rows()}
    assert rows["0.png"]["error_code"] == "unrecordable"
    assert rows["0.png"]["stored_path"].startswith("failed/")
    assert [rows[name]["outcome"] for name in ("1.png", "2.png")] == ["classified"] * 2
    assert bench.stored(rows["0.png"]) == png_bytes(0)


@pytest.mark.parametrize("rule", [Identifiers("drop"), Identifiers("hash", b"0123456789abcdef")])
def test_names_leave_neither_a_row_nor_a_place(spool, ledger, children, rule):
    bench = Bench(spool, ledger, children, rule=rule)
    bench.drop("Meyer^Anna/Meyer.dcm", dicom_bytes(1, PatientID="4711"))
    bench.drop("Meyer^Anna/cut.png", b"")
    bench.claim_all()
    bench.drain()
    bench.pipeline.close()
    assert "Meyer" not in str(bench.rows())
    assert "4711" not in str(bench.rows())
    for row in bench.rows():
        assert "Meyer" not in str(list(spool.done.rglob("*")) + list(spool.failed.rglob("*")))
        assert bench.stored(row) in (dicom_bytes(1, PatientID="4711"), b"")


def test_log_lines_hold_no_name_and_no_identifier(bench):
    """Fault 49."""
    bench.drop("Canary^Name/Canary.dcm", dicom_bytes(1, PatientID="Canary", PatientName="Canary^A"))
    bench.drop("Canary.png", b"")
    with capture_logs() as logs:
        bench.claim_all()
        bench.drain()
        bench.spool.done.chmod(0o700)
    assert {line["event"] for line in logs} == {"scan_recorded"}
    assert "Canary" not in str(logs)
    assert [line["decision"] for line in logs] == [row["decision"] for row in bench.rows()]
    assert {next(iter(line)) for line in logs} == {"decision"}  # what people at a terminal look for
    assert len({line["scan_id"] for line in logs}) == 2


def test_a_disk_that_cannot_sync_ends_the_daemon_and_records_nothing(spool, ledger, children):
    """Fault 34; the one refusal that no file of a test can bring about."""

    def refuse(_spool, _claims):
        raise OSError(5, "Input/output error", "Canary")

    bench = Bench(spool, ledger, children, sync=refuse)
    bench.drop("a.png", png_bytes(1))
    bench.claim_all()
    with pytest.raises(InputOutputError, match="EIO") as caught:
        bench.drain()
    assert "Canary" not in str(caught.value)
    assert bench.rows() == []
    assert len(list(bench.spool.claimed.rglob("a.png"))) == 1
    bench.give_up.set()
    bench.pipeline.close()


@pytest.mark.parametrize(("first", "second"), [("ward", "ward/a.png"), ("ward/a.png", "ward")])
def test_no_folder_comes_where_a_file_waits_to_be_moved_nor_the_other_way_round(
    bench, monkeypatch, first, second
):
    """Else the first would wait in claimed/ for ever."""

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("daemon.spool.dispose.rename_new", refuse)
        bench.drop(first, png_bytes(1))
        bench.claim_all()
        bench.drain()
    assert bench.pipeline.committer.pending == 1
    shutil.rmtree(bench.spool.done)
    bench.spool.done.mkdir()  # without the folders that the first try made
    if "/" in first:
        (bench.spool.inbox / "ward").rmdir()
    bench.drop(second, png_bytes(2))
    bench.claim_all()
    bench.drain()
    bench.pipeline.committer.retry()
    assert bench.pipeline.committer.pending == 0
    assert [bench.stored(row) for row in bench.rows()] == [png_bytes(1), png_bytes(2)]
