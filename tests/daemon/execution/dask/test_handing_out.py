"""What becomes of a file whose workers end; the way to real workers is in `test_small_cluster`."""

import os
from concurrent.futures import Future

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.decoding.messages import Decoded
from daemon.execution.dask.errand import Errand
from daemon.execution.dask.handing_out import HandingOut
from daemon.execution.dask.link import WorkerAwayError, WorkerFailedError
from daemon.execution.dask.messages import Answer
from daemon.execution.dask.plan import Plan
from daemon.execution.dask.roster import Roster
from daemon.spool.file_state import Look, look_at
from tests.daemon.execution.dask.test_messages import preparation
from tests.daemon.execution.dask.test_roster import able

HERE = Decoded(sha256="here")


class Sessions:
    """A session that keeps what it was asked, until the test says how that ends."""

    def __init__(self):
        self.asked, self.link, self.is_up = [], self, True

    def ask(self, then, worker, _question, *arguments, within_s):
        self.asked.append((Future(), then, worker, arguments))
        return self.asked[-1][0]

    def ends(self, value, number=-1):
        done, then, _, _ = self.asked[number]
        if isinstance(value, Exception):
            done.set_exception(value)
        else:
            done.set_result(value)
        then(done)


@pytest.fixture
def session():
    return Sessions()


def handing_out(roster):
    def here(_path):
        done = Future()
        done.set_result(HERE)
        return done

    plan = Plan("tcp://127.0.0.1:1", None, preparation(), None, dict)
    return HandingOut(plan, roster, lambda answer: answer.decoded, here)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "scan.png").write_bytes(b"0123456789")
    return os.fsencode(tmp_path / "scan.png")


def with_workers(*members):
    roster = Roster()
    roster.members = {member.address: member for member in members}
    return roster


def test_a_file_whose_worker_ends_goes_to_another(session, path):
    roster = with_workers(able("a"), able("b"))
    files, errand = handing_out(roster), Errand(path)
    files.add(errand)
    files.start(session)
    first = session.asked[-1][2]
    session.ends(WorkerAwayError("it ended"))
    files.start(session)
    assert session.asked[-1][2] != first
    session.ends(Answer(Decoded(sha256="there")))
    assert errand.answer.result(0).sha256 == "there"


def test_a_worker_that_ended_gets_nothing_before_it_is_off_the_roster(session, path):
    """Break it: give it the file again. One end then counts as two, and innocents go alone."""
    roster = with_workers(able("a"))
    files, errand = handing_out(roster), Errand(path)
    files.add(errand)
    files.start(session)
    session.ends(WorkerAwayError("it ended"))
    files.start(session)
    files.take_back(roster.members["a"], is_death=True)
    assert (len(session.asked), errand.deaths) == (1, 1)


def test_after_two_ends_it_goes_alone_and_after_a_third_it_is_decoded_here(session, path):
    roster = with_workers(able("a"), able("b"), able("c"), able("d"))
    files, errand, other = handing_out(roster), Errand(path), Errand(path)
    files.add(errand)
    for _ in range(2):
        files.start(session)
        session.ends(WorkerAwayError("it ended"))
    files.start(session)
    files.add(other)
    files.start(session)
    assert [len(member.errands) for member in roster.members.values()].count(1) == 1
    session.ends(WorkerAwayError("it ended"))
    assert errand.answer.result(0) is HERE
    files.start(session)
    assert (len(session.asked), other.deaths) == (4, 0)


def test_one_that_goes_alone_waits_for_those_under_way(session, path):
    roster = with_workers(able("a"), able("b"))
    files = handing_out(roster)
    files.add(Errand(path))
    files.start(session)
    files.add(Errand(path, deaths=2))
    files.start(session)
    assert len(session.asked) == 1
    session.ends(Answer(Decoded()))
    files.start(session)
    assert len(session.asked) == 2


def test_the_end_of_a_scheduler_is_no_end_of_a_worker(session, path):
    roster = with_workers(able("a"))
    files, errand = handing_out(roster), Errand(path)
    files.add(errand)
    files.start(session)
    files.take_back(roster.members["a"], is_death=False)
    assert errand.deaths == 0
    done, then, _, _ = session.asked[0]
    assert done.cancelled()
    then(done)  # of a try that was given up
    assert not errand.answer.done()


def test_workers_that_end_with_their_scheduler_say_nothing_of_a_file(session, path):
    """Break it: count them. After two ends of a scheduler each file goes alone."""
    files, errand = handing_out(with_workers(able("a"))), Errand(path)
    files.add(errand)
    files.start(session)
    session.is_up = False
    session.ends(WorkerAwayError("it ended"))
    assert errand.deaths == 0


def test_a_worker_that_was_started_again_is_asked_again_and_no_file_suffers(session, path):
    member = able("a")
    files, errand = handing_out(with_workers(member)), Errand(path)
    files.add(errand)
    files.start(session)
    session.ends(WorkerFailedError("NotPreparedError", ""))
    assert (errand.deaths, member.ask_again_at is None) == (0, False)


def test_a_worker_that_cannot_decode_is_left_alone_for_a_while(session, path):
    member = able("a")
    files, errand = handing_out(with_workers(member)), Errand(path)
    files.add(errand)
    files.start(session)
    session.ends(WorkerFailedError("OSError", "No space left on device"))
    files.start(session)
    assert (errand.deaths, member.room, len(session.asked)) == (0, 0, 1)
    assert "No space left" in member.refusal


def test_the_look_is_of_this_machine(session, path):
    """Break it: keep the worker's. A device has another number there: each file seems to have changed."""
    files, errand = handing_out(with_workers(able("a"))), Errand(path)
    files.add(errand)
    files.start(session)
    ours = look_at(path)
    theirs = Look(ours.device + 1, ours.inode, ours.size, ours.mtime_ns, ours.ctime_ns)
    session.ends(Answer(Decoded(look=theirs)))
    assert errand.answer.result(0).look == ours


def test_a_file_that_changed_before_the_worker_read_it_is_seen_to_have(session, path):
    files, errand = handing_out(with_workers(able("a"))), Errand(path)
    files.add(errand)
    files.start(session)
    ours = look_at(path)
    theirs = Look(ours.device, ours.inode, ours.size + 1, ours.mtime_ns, ours.ctime_ns)
    session.ends(Answer(Decoded(look=theirs)))
    assert errand.answer.result(0).look == theirs


def test_where_the_spool_is_not_seen_the_bytes_go_along(session, path):
    files, errand = handing_out(with_workers(able("a", sees_spool=False))), Errand(path)
    files.add(errand)
    files.start(session)
    request, content = session.asked[0][3]
    assert (request.path, content) == (None, b"0123456789")
    session.ends(Answer(Decoded(look=Look(1, 2, 10, 4, 5))))
    assert errand.answer.result(0).look == look_at(path)


def under_way(session, path, *members):
    files, errand = handing_out(with_workers(*members)), Errand(path)
    files.add(errand)
    files.start(session)
    return files, errand


def test_what_a_worker_cannot_read_is_sent_to_it_and_so_are_others(session, path):
    """Break it: believe the worker. Once its share is gone it fails every file, faster than others answer."""
    member = able("a")
    files, errand = under_way(session, path, member)
    session.ends(Answer(Decoded(outcome="failed", error_code="unreadable")))
    assert not errand.answer.done()
    files.start(session)
    request, content = session.asked[-1][3]
    assert (request.path, content, member.refusal) == (None, b"0123456789", None)
    assert member.ask_again_at > 0  # the share may come back
    session.ends(Answer(Decoded(outcome="failed", error_code="unreadable")))
    assert errand.answer.result(0).error_code == "unreadable"  # it had the bytes


@pytest.mark.parametrize("code", ["decoder_crashed", "out_of_memory"])
def test_what_a_machine_without_memory_says_of_a_file_is_not_believed(session, path, code):
    """Break it: believe it. Innocent files are blamed by a worker whose children the kernel ends."""
    _, errand = under_way(session, path, able("a"))
    session.ends(Answer(Decoded(look=look_at(path), outcome="failed", error_code=code)))
    assert errand.answer.result(0) is HERE


def test_what_a_worker_says_of_the_file_itself_stands(session, path):
    _, errand = under_way(session, path, able("a"))
    session.ends(Answer(Decoded(look=look_at(path), outcome="failed", error_code="truncated")))
    assert errand.answer.result(0).error_code == "truncated"


def test_a_file_that_a_worker_cannot_answer_stops_neither_it_nor_others(session, path):
    """Break it: send it on. It goes round for ever, and each worker rests for it a quarter of a minute."""
    member = able("a")
    _, errand = under_way(session, path, member)
    session.ends(WorkerFailedError("ValueError", "", is_of_machine=False))
    assert errand.answer.result(0) is HERE
    assert (member.refusal, member.errands) == (None, set())


def test_a_file_that_fills_the_disk_of_two_workers_is_answered_here(session, path):
    files, errand = under_way(session, path, able("a"), able("b"), able("c"))
    session.ends(WorkerFailedError("OSError", "ENOSPC"))
    files.start(session)
    session.ends(WorkerFailedError("OSError", "ENOSPC"))
    assert errand.answer.result(0) is HERE


def test_a_worker_that_was_asked_to_end_is_no_sign_against_its_files(session, path):
    """Break it: count it. A cluster that is restarted sends each file alone."""
    member = able("a")
    _, errand = under_way(session, path, member)
    session.ends(WorkerFailedError("LeavingError", ""))
    assert (errand.deaths, errand.failures, member.room) == (0, 0, 0)
    assert not errand.answer.done()


def test_so_many_bytes_are_on_the_way_and_no_more(session, path, monkeypatch):
    """Break it: count files alone. Sixteen workers are sent eight gigabytes at once."""
    monkeypatch.setitem(HandingOut.start.__globals__, "_MOST_ON_THE_WAY", 15)
    hidden = able("a", 8, sees_spool=False)
    files = handing_out(with_workers(hidden))
    for _ in range(4):
        files.add(Errand(path))
    files.start(session)
    assert len(session.asked) == 2  # of ten bytes each
    session.ends(Answer(Decoded()))
    files.start(session)
    assert len(session.asked) == 3


def test_a_file_that_goes_alone_lets_others_go_once_it_is_answered(session, path):
    files = handing_out(with_workers(able("a"), able("b")))
    files.add(Errand(path, deaths=2))
    files.add(Errand(path))
    files.start(session)
    assert len(session.asked) == 1
    session.ends(WorkerFailedError("ValueError", "", is_of_machine=False))
    files.start(session)
    assert len(session.asked) == 2


def test_what_cannot_be_read_here_is_for_a_child_here(session):
    files, errand = handing_out(with_workers(able("a", sees_spool=False))), Errand(b"/nowhere")
    files.add(errand)
    files.start(session)
    assert errand.answer.result(0) is HERE


def test_at_the_end_what_has_no_answer_is_cancelled_or_learns_why(path):
    for failure, cancelled in ((None, True), (ValueError("x"), False)):
        files, errand = handing_out(with_workers()), Errand(path)
        files.add(errand)
        files.give_up(failure)
        assert errand.answer.cancelled() == cancelled
        if failure is not None:
            assert errand.answer.exception(0) is failure
