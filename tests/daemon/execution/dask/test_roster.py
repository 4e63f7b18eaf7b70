import threading
from dataclasses import replace

from daemon.execution.dask.errand import Errand
from daemon.execution.dask.messages import Facts, versions
from daemon.execution.dask.roster import Member, Roster, refusal_of

FACTS = Facts("ward-1", 7, versions(), sees_spool=True, has_release=True)


def roster(*members):
    made = Roster()
    made.members = {member.address: member for member in members}
    return made


def able(address, threads=1, files=0, *, sees_spool=True):
    facts = replace(FACTS, sees_spool=sees_spool)
    return Member(address, threads, None, facts, {Errand(b"") for _ in range(files)})


def test_who_comes_is_not_used_before_it_was_asked():
    made = Roster()
    (came,), left = made.compare({"a": 4})
    assert (came.room, left, made.threads) == (0, [], 0)
    assert "not asked" in made.lack()


def test_who_leaves_is_given_back_with_its_files():
    made = roster(able("a", files=2), able("b"))
    came, (left,) = made.compare({"b": 1})
    assert (came, left.address, len(left.errands)) == ([], "a", 2)


def test_the_freest_is_the_one_with_the_fewest_files_a_thread():
    assert roster(able("a", 4, 4), able("b", 1, 0)).freest().address == "b"
    assert roster(able("a", 4, 1), able("b", 1, 1)).freest().address == "a"


def test_of_two_that_are_free_the_one_that_sees_the_spool_is_first():
    assert roster(able("a", sees_spool=False), able("b")).freest().address == "b"


def test_where_no_bytes_may_be_sent_only_those_that_see_the_spool_are_free():
    assert roster(able("a", sees_spool=False)).freest(takes_bytes=False) is None
    assert roster(able("a", sees_spool=False), able("b")).freest(takes_bytes=False).address == "b"


def test_its_threads_can_be_asked_for_while_workers_come_and_go():
    """Break it: walk the dictionary. The daemon's loop ends with "changed size during iteration"."""
    made, over = roster(able("z")), threading.Event()

    def change():
        while not over.is_set():
            made.compare({str(number): 1 for number in range(200)} | {"z": 1})
            made.compare({"z": 1})

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(3000):
            assert made.threads == 1
    finally:
        over.set()
        thread.join()


def test_none_has_more_than_two_files_a_thread():
    assert roster(able("a", 2, 4)).freest() is None


def test_a_worker_of_other_versions_is_refused_by_name():
    other = replace(FACTS, versions=versions() | {"numpy": "0.1"})
    assert refusal_of(FACTS) is None
    assert refusal_of(other).startswith("the worker on ward-1 runs numpy 0.1 where this daemon has ")


def test_metrics_call_a_worker_by_its_name_or_its_host():
    """Break it: take the address. Each start of a worker is another one, for ever."""
    assert able("a").label == "ward-1"
    assert Member("a", 1, None, replace(FACTS, name="left")).label == "left"


def test_it_says_why_none_may_be_used():
    assert Roster().lack() == "no worker is connected"
    refused = Member("a", 4, "it is another")
    assert roster(refused).lack() == "no worker may be used: it is another"
    assert roster(refused, able("b")).lack() is None


def test_what_may_pass_is_asked_again_later():
    member = able("a")
    member.refuse_for_now("its disk is full")
    assert (member.room, member.refusal) == (0, "its disk is full")
    assert member.ask_again_at is not None
