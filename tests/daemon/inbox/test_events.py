import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from daemon.inbox.events import Hint, Sign, Watcher
from tests.support.deadlines import scaled
from tests.support.shared import ROOT
from tests.support.waiting import wait_until

# watchdog, when a folder comes with folders in it; the daemon logs that a library spoke
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")


@pytest.fixture
def inbox(tmp_path):
    path = tmp_path / "inbox"
    path.mkdir()
    return path


@pytest.fixture
def woken():
    return []


@pytest.fixture
def watcher(inbox, woken):
    made = Watcher(inbox, lambda: woken.append(1))
    made.start()
    yield made
    made.stop()


def wait_for(watcher, *expected):
    """Collect hints until all that are expected came; give every one."""
    came = []

    def all_there():
        came.extend(watcher.hints(1000))
        return set(expected) <= set(came)

    wait_until(all_there, what=f"{expected} among {came}")
    return came


def hint(path, *, sign=Sign.CLOSED, is_folder=False):
    return Hint(os.fsencode(path), is_folder, sign)


def test_a_written_file_is_a_hint_when_it_is_made_and_a_trusted_one_when_it_is_closed(inbox, watcher, woken):
    with (inbox / "a").open("wb") as file:
        file.write(b"x")
        file.flush()
        came = wait_for(watcher, hint(inbox / "a", sign=Sign.NONE))
        assert hint(inbox / "a") not in came
    wait_for(watcher, hint(inbox / "a"))
    assert woken


def test_a_rename_from_outside_and_one_inside_are_trusted(inbox, watcher, tmp_path):
    (tmp_path / "beside").touch()
    (tmp_path / "beside").rename(inbox / "a")
    wait_for(watcher, hint(inbox / "a", sign=Sign.RENAMED))
    (inbox / "a").rename(inbox / "b")
    wait_for(watcher, hint(inbox / "b", sign=Sign.RENAMED))


def test_what_leaves_the_inbox_holds_up_no_arrival(inbox, tmp_path, monkeypatch):
    """Watchdog waits for where a rename went, and nothing passes meanwhile; each claim of ours is one."""
    monkeypatch.setattr(InotifyMoveEventGrouper, "delay", 3600)
    other = Watcher(inbox, lambda: None)
    other.start()
    try:
        (inbox / "a").touch()
        wait_for(other, hint(inbox / "a"))
        (inbox / "a").rename(tmp_path / "claimed")
        (inbox / "b").touch()
        wait_for(other, hint(inbox / "b"))
    finally:
        other.stop()


def test_a_hard_link_is_a_hint(inbox, watcher, tmp_path):
    """Fault 5: created only, never closed."""
    (tmp_path / "beside").touch()
    (inbox / "a").hardlink_to(tmp_path / "beside")
    wait_for(watcher, hint(inbox / "a", sign=Sign.NONE))


def test_a_folder_that_is_moved_in_is_a_trusted_folder(inbox, watcher, tmp_path):
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "a").touch()
    (tmp_path / "ward").rename(inbox / "ward")
    wait_for(watcher, hint(inbox / "ward", is_folder=True, sign=Sign.RENAMED))
    (inbox / "ward" / "b").touch()
    wait_for(watcher, hint(inbox / "ward" / "b"))


def test_a_new_folder_is_watched_too(inbox, watcher):
    (inbox / "ward" / "room").mkdir(parents=True)
    (inbox / "ward" / "room" / "a").touch()
    wait_for(watcher, hint(inbox / "ward" / "room" / "a", sign=Sign.NONE))


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\nb", "Übung".encode()])
def test_any_name_comes_as_its_bytes(inbox, watcher, name):
    path = os.path.join(os.fsencode(inbox), name)
    with open(path, "wb"):
        pass
    wait_for(watcher, Hint(path, is_folder=False, sign=Sign.CLOSED))


def test_reading_and_removing_are_no_hints(inbox, watcher):
    (inbox / "a").touch()
    wait_for(watcher, hint(inbox / "a"))
    (inbox / "a").read_bytes()
    (inbox / "a").unlink()
    (inbox / "b").touch()
    came = wait_for(watcher, hint(inbox / "b"))
    assert hint(inbox / "a") not in came


def test_hints_are_taken_as_there_is_room(inbox, watcher):
    for n in range(5):
        (inbox / str(n)).touch()
    wait_until(lambda: len(watcher._hints) >= 10)
    assert len(watcher.hints(3)) == 3
    assert watcher.hints(0) == []


def test_hints_beyond_the_bound_are_lost_and_that_is_told_once(inbox):
    woken = []
    watcher = Watcher(inbox, lambda: woken.append(1), most_hints=3)
    watcher.start()
    try:
        for n in range(5):
            (inbox / str(n)).touch()
        wait_until(lambda: len(woken) == 10, what="all of them to be made and closed")
        assert watcher.take_lost()
        assert not watcher.take_lost()
        assert len(watcher.hints(100)) == 3
    finally:
        watcher.stop()


def test_an_overflow_of_the_kernels_queue_is_told(inbox, watcher):
    """Fault 1: the kernel's own queue, filled while nobody reads it."""
    (inbox / "ward").mkdir()
    wait_for(watcher, hint(inbox / "ward", is_folder=True, sign=Sign.NONE))
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 70_000:
        pytest.skip("the kernel's queue is too long to be filled here")
    group = next(iter(watcher._observer.emitters))._inotify
    with group._lock:  # the reader waits here, as behind a slow disk
        for n in range(limit // 2 + 600):
            os.close(os.open(inbox / "ward" / str(n % 7), os.O_WRONLY | os.O_CREAT))
            if n % 7 == 6:
                for name in range(7):
                    os.unlink(inbox / "ward" / str(name))
    wait_until(watcher.take_lost, timeout_s=30, what="the overflow to be told")


def test_it_lives_until_it_is_stopped_and_can_be_started_again(inbox, watcher):
    assert watcher.alive
    watcher.stop()
    watcher.stop()
    assert not watcher.alive
    watcher.start()
    assert watcher.alive
    (inbox / "a").touch()
    wait_for(watcher, hint(inbox / "a"))


@pytest.mark.parametrize("what", ["emitter", "observer", "reader"])
def test_the_death_of_any_of_its_threads_is_noticed(watcher, what):
    """Fault 3: the others live on, and nothing comes any more."""
    observer = watcher._observer
    if what == "emitter":
        next(iter(observer.emitters)).stop()
    elif what == "observer":
        observer._stopped_event.set()
        observer.event_queue.put(observer.stop_event)
    else:
        observer._inotify_fd.stop()
    wait_until(lambda: not watcher.alive, what=f"the end of the {what}")


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_an_inbox_that_is_no_longer_the_one_that_is_watched_is_noticed(inbox, watcher, tmp_path, how):
    """Fault 4."""
    if how == "removed":
        inbox.rmdir()
    else:
        inbox.rename(tmp_path / "old")
        inbox.mkdir()
    assert not watcher.alive


def test_an_inbox_that_is_not_there_cannot_be_watched(tmp_path):
    with pytest.raises(FileNotFoundError):
        Watcher(tmp_path / "nothing", lambda: None).start()


def test_folders_nested_beyond_reason_are_an_error_that_means_polling(inbox, deep_folder):
    deep_folder(inbox, 1500)
    watcher = Watcher(inbox, lambda: None)
    with suppress(OSError):  # a newer Python walks as deep as it must, without recursion
        watcher.start()
    watcher.stop()


def test_the_end_of_the_kernels_instances_is_an_error_that_means_polling(inbox):
    """Fault 11."""
    limit = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    if limit > 2000:
        pytest.skip("the kernel allows too many instances to use them up here")
    script = (
        "import ctypes, sys, resource\n"
        "from pathlib import Path\n"
        "from daemon.inbox.events import Watcher\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n"
        "libc = ctypes.CDLL(None)\n"
        "while libc.inotify_init1(0) >= 0:\n"
        "    pass\n"
        "try:\n"
        "    Watcher(Path(sys.argv[1]), lambda: None).start()\n"
        "except OSError as error:\n"
        "    print(error.errno)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, inbox],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=scaled(60),
    )
    assert done.stdout == "24\n"
