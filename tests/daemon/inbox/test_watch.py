"""The loop's own tests show that it sweeps when these say so."""

import errno
import os

import pytest
from structlog.testing import capture_logs

from daemon.inbox import watch as watching
from daemon.inbox.events import Watcher
from daemon.inbox.watch import InboxWatch, Periods, watcher_of
from tests.support.waiting import wait_until


@pytest.fixture
def few_watches(monkeypatch):
    """A kernel with room for some watches only: a function that says how many are left."""
    left = [100]
    from watchdog.observers import inotify_c

    real = inotify_c.inotify_add_watch

    def add(descriptor, path, mask):
        if left[0] <= 0:
            inotify_c.ctypes.set_errno(errno.ENOSPC)
            return -1
        left[0] -= 1
        return real(descriptor, path, mask)

    monkeypatch.setattr(inotify_c, "inotify_add_watch", add)
    return left


@pytest.fixture
def inbox(spool):
    return spool.inbox


@pytest.fixture
def watch(inbox):
    made = InboxWatch(Watcher(inbox, lambda: None), 30, Periods(watch_check_s=0))
    yield made
    made.close()


def test_an_inbox_that_is_watched_wholly_is_swept_seldom(inbox, watch):
    assert (watch.word, watch.sweep_every_s) == ("polling", 2)
    with capture_logs() as logs:
        assert watch.tend()
    assert (watch.word, watch.sweep_every_s) == ("inotify", 30)
    assert not watch.tend()
    assert [(line["event"], line["inbox"]) for line in logs] == [("inbox_watched", str(inbox))]


def test_a_folder_without_a_watch_means_polling_and_is_said_once(inbox, watch, few_watches):
    """Fault 11: watchdog passes over a folder when the kernel's watches are used up, and says nothing."""
    few_watches[0] = 3
    for name in "abcdef":
        (inbox / name).mkdir()
    with capture_logs() as logs:
        for _ in range(3):
            watch.tend()
    assert (watch.word, watch.sweep_every_s) == ("polling", 2)
    assert [(line["event"], line["reason"], line["inbox"]) for line in logs] == [
        ("inbox_polled", "ENOSPC", str(inbox))
    ]


def test_a_folder_that_comes_later_and_cannot_be_watched_is_noticed_too(inbox, watch, few_watches):
    watch.tend()
    few_watches[0] = 0
    (inbox / "later").mkdir()
    wait_until(lambda: watch.tend() or watch.word == "polling", what="the blind folder to be noticed")


def test_when_there_are_watches_again_the_whole_inbox_is_watched(inbox, few_watches):
    watch = InboxWatch(Watcher(inbox, lambda: None), 30, Periods(watch_check_s=0, watch_retry_s=0))
    few_watches[0] = 1
    (inbox / "a").mkdir()
    try:
        watch.tend()
        assert watch.word == "polling"
        few_watches[0] = 100
        assert watch.tend()
        assert watch.word == "inotify"
    finally:
        watch.close()


def test_a_folder_that_nobody_may_read_is_no_lack_of_watches(inbox, watch):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (inbox / "closed").mkdir(mode=0)
    watch.tend()
    assert watch.word == "inotify"


@pytest.mark.parametrize(
    ("is_polled", "filesystem", "reasons"),
    [
        (False, "ext4", []),
        (False, "nfs4", ["nfs4"]),
        (True, "ext4", ["setting"]),
        (True, "nfs4", ["setting"]),
    ],
)
def test_an_inbox_is_polled_where_that_is_set_or_its_file_system_is_silent(
    inbox, monkeypatch, is_polled, filesystem, reasons
):
    monkeypatch.setattr(watching, "filesystem_type", lambda _: filesystem)
    with capture_logs() as logs:
        made = watcher_of(inbox, lambda: None, is_polled=is_polled)
    assert (made is None) == bool(reasons)
    assert [line["reason"] for line in logs if line["event"] == "inbox_polled"] == reasons
