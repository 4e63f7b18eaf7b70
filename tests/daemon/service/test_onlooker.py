import os
import time
from datetime import UTC, datetime

from daemon.inbox.settle import Patience
from daemon.service.loop import Stages
from daemon.service.onlooker import look, seen_by
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until


def stages_of(bench):
    return Stages(bench.spool, bench.intake, bench.pipeline, bench.pauses, None)


def be_patient(bench):
    bench.patience = bench.intake._patience = Patience(0.02, 60.0, 600.0)


def until_next_is(bench, file):
    """Sweep, and advance until a file is the next to be claimed; give the view of that moment."""
    bench.intake.begin_sweep()
    views = []

    def is_next():
        bench.intake.advance()
        views.append(look(stages_of(bench), bench.patience, time.monotonic()))
        return views[-1].next_claim is not None and views[-1].next_claim.file == file

    wait_until(is_next, what=f"{file} to be the next")
    return views[-1]


def test_what_waits_is_counted_and_the_next_to_be_claimed_is_named_with_its_time(bench):
    be_patient(bench)
    bench.drop("ward/cut.png", png_bytes(1)[:200])
    view = until_next_is(bench, "ward/cut.png")
    assert (view.waiting, view.next_claim.is_whole) == (1, False)
    assert 590 < (view.next_claim.at - datetime.now(UTC)).total_seconds() <= 600
    bench.drop("whole.png", png_bytes(2))
    later = until_next_is(bench, "whole.png")
    assert (later.waiting, later.next_claim.is_whole) == (2, True)


def test_a_name_that_a_terminal_would_obey_is_written_in_letters(bench):
    be_patient(bench)
    bench.drop(os.fsdecode(b"\x1b[2J.png"), png_bytes(1)[:200])
    assert until_next_is(bench, "%1B[2J.png").waiting == 1


def test_an_empty_inbox_has_no_next_file_and_answers_are_counted(bench):
    bench.drop("a.png", png_bytes(1))
    bench.claim_all()
    bench.drain()
    view = look(stages_of(bench), bench.patience, time.monotonic())
    assert (view.waiting, view.in_progress, view.next_claim) == (0, 0, None)
    assert sum(view.answered.values()) == 1
    assert view.pauses == {}


def test_an_onlooker_gets_the_rows_after_all_others():
    seen = []

    class Onlooker:
        def answered(self, rows):
            seen.append(("onlooker", rows))

    seen_by(Onlooker(), lambda rows, batch_s: seen.append((batch_s, rows)))(["row"], {"record": 0.1})
    assert seen == [({"record": 0.1}, ["row"]), ("onlooker", ["row"])]
    assert seen_by(None, seen.append) == seen.append
