import os

import pytest

from daemon.pipeline.recovery import recover
from daemon.spool.attempts import ends, note_answer, note_attempt, note_end
from daemon.spool.claiming import claim_file, find_claims
from tests.daemon.conftest import Bench
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until


@pytest.fixture
def again(bench, children):
    """The next daemon on the same spool and database."""
    made = Bench(bench.spool, bench.ledger, children)
    yield made
    made.give_up.set()
    made.pipeline.close()


def restart(again):
    """Recover as the service does; return how many claims were decoded again."""
    claims = list(recover(again.spool, again.pipeline, again.recorder))
    for claim in claims:
        again.pipeline.begin(claim)
    again.drain()
    return len(claims)


def outcomes(bench):
    return [(row["source_name"], row["error_code"] or row["outcome"]) for row in bench.rows()]


def test_a_claim_without_a_row_is_decoded_again(bench, again):
    note_attempt(claim_file(bench.spool, bench.drop("ward/a.png", png_bytes(1))))
    assert restart(again) == 1
    assert outcomes(again) == [("ward/a.png", "classified")]
    assert again.rows("attempts") == [{"attempts": 2}]
    assert list(again.spool.claimed.iterdir()) == []


def test_a_claim_with_a_row_is_only_put_away(bench, again):
    bench.spool.done.rmdir()
    bench.spool.done.touch()  # the first daemon gets no further than the row
    bench.pipeline.claim(bench.drop("ward/a.png", png_bytes(1)))
    bench.drain()
    bench.spool.done.unlink()
    bench.spool.done.mkdir()
    before = bench.rows()
    assert restart(again) == 0
    assert again.rows() == before
    assert again.classifier.seen == []
    assert (again.spool.root / before[0]["stored_path"]).read_bytes() == png_bytes(1)
    assert list(again.spool.claimed.iterdir()) == []


@pytest.mark.parametrize("notes", [2, 3, 4])
def test_a_file_that_ended_three_daemons_is_not_opened_again(bench, again, notes):
    """Fault 53."""
    claim = claim_file(bench.spool, bench.drop("a.png", png_bytes(1)))
    for _ in range(notes):
        note_attempt(claim)
    assert restart(again) == (1 if notes < 3 else 0)
    assert outcomes(again) == [("a.png", "classified" if notes < 3 else "crashed_daemon")]


@pytest.mark.parametrize("notes", [8, 9])
def test_a_file_that_daemons_ended_with_after_its_child_had_answered_has_more_tries(bench, again, notes):
    """Fault 53, and 31: kills at each start hit the innocent, a picture that ends the network must end."""
    claim = claim_file(bench.spool, bench.drop("a.png", png_bytes(1)))
    for _ in range(notes):
        note_attempt(claim)
        note_answer(claim)
    assert restart(again) == (1 if notes < 9 else 0)
    assert outcomes(again) == [("a.png", "classified" if notes < 9 else "crashed_daemon")]


def test_files_that_daemons_ended_with_come_after_the_others(bench, again):
    claims = [claim_file(bench.spool, bench.drop(f"{n}.png", png_bytes(n))) for n in range(4)]
    note_attempt(claims[0])
    note_attempt(claims[2])
    begun = [claim.source for claim in recover(again.spool, again.pipeline, again.recorder)]
    assert begun == [b"1.png", b"3.png", b"0.png", b"2.png"]


def test_a_requeued_file_is_still_one_after_the_crash(bench, again):
    bench.drop("a.png", png_bytes(1))
    status = os.stat(bench.spool.inbox / "a.png")
    note = bench.spool.requeued / str(status.st_ino)
    note.write_text(f"former {status.st_size} {status.st_mtime_ns}\n")
    claim_file(bench.spool, b"a.png")
    restart(again)
    assert again.rows("requeued_from") == [{"requeued_from": "former"}]


def test_many_claims_of_all_kinds_end_in_one_row_each(bench, again):
    """Fault 31, at any step: some recorded and moved, some recorded, some claimed, some emptied."""
    for n in range(8):
        bench.pipeline.claim(bench.drop(f"moved {n}.png", png_bytes(n)))
    bench.drain()
    for n in range(110):  # more than are asked for at once
        claim_file(bench.spool, bench.drop(f"claimed {n}.png", b""))
    for n in range(3):
        os.unlink(claim_file(bench.spool, bench.drop(f"gone {n}", b"x")).path)
    assert restart(again) == 110
    assert len({row["source_name"] for row in again.rows()}) == len(again.rows()) == 118
    assert list(again.spool.claimed.iterdir()) == []


def test_a_database_that_is_away_delays_recovery(bench, again):
    claim_file(bench.spool, bench.drop("a.png", png_bytes(1)))
    away = [True]
    find = again.ledger.find

    class Ledger(type(again.ledger)):
        def find(self, scan_ids):
            if away:
                from storage.errors import DatabaseUnavailable

                away.pop()
                raise DatabaseUnavailable("away")
            return find(scan_ids)

    again.recorder.ledger = Ledger(again.ledger._engine)
    assert restart(again) == 1
    wait_until(lambda: not again.pauses.any)
    assert outcomes(again) == [("a.png", "classified")]


@pytest.mark.parametrize("causes", [["io"] * 3, ["io", "io", "RuntimeError"], ["x", "io", "io", "io"]])
def test_a_claim_beside_which_three_daemons_ended_alike_is_left_alone(bench, again, causes):
    """Fault 73."""
    claim = claim_file(bench.spool, bench.drop("a.png", png_bytes(1)))
    for cause in causes:
        note_attempt(claim)
        note_end(claim, EndedError(cause))
    alike = causes[-3:] == ["io"] * 3
    assert restart(again) == (0 if alike else 1)
    assert again.pipeline.set_aside == ([claim.scan_id] if alike else [])
    assert outcomes(again) == ([] if alike else [("a.png", "classified")])


def test_no_more_than_a_few_claims_are_left_alone_for_then_it_is_none_of_them(bench, again):
    for number in range(20):
        claim = claim_file(bench.spool, bench.drop(f"{number}.png", png_bytes(number)))
        for _ in range(3):
            note_end(claim, EndedError("io"))
    assert restart(again) == 4
    assert len(again.pipeline.set_aside) == 16


def test_an_end_while_a_row_s_file_is_put_away_is_noted_too(bench, again, monkeypatch):
    bench.spool.done.rmdir()
    bench.spool.done.touch()
    bench.pipeline.claim(bench.drop("a.png", png_bytes(1)))
    bench.drain()
    (claim,) = find_claims(bench.spool)

    def fails(_spool, _disposals):
        raise EndedError("odd")

    monkeypatch.setattr("daemon.pipeline.commit.dispose", fails)
    with pytest.raises(EndedError):
        list(recover(again.spool, again.pipeline, again.recorder))
    assert ends(claim) == (1, "odd")


class EndedError(Exception):
    """What a daemon ends with."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code
