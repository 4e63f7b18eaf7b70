import os
import threading
import time
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from daemon.errors import NoDecoderError
from daemon.inbox.events import Hint, Sign, Watcher
from daemon.inbox.watch import Periods
from daemon.service.loop import Loop, Stages
from daemon.spool.claiming import claim_file
from daemon.states import State
from tests.daemon.conftest import Bench
from tests.support.deadlines import is_within, scaled
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until

# watchdog, when a folder comes with folders in it; the daemon logs that a library spoke
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")


HASTY = Periods(watch_check_s=0.1, disk_probe_s=0.05, progress_s=0.05)


@dataclass
class Running:
    """A loop around a bench, in a thread if need be."""

    bench: Bench
    watcher: Watcher | None = None
    sweep_s: float = 30
    stop_s: float = 20
    periods: Periods = HASTY
    stop: threading.Event = field(default_factory=threading.Event)
    reports: list = field(default_factory=list)

    def __post_init__(self):
        bench = self.bench
        self.loop = Loop(
            Stages(bench.spool, bench.intake, bench.pipeline, bench.pauses, self.watcher),
            bench.wake,
            self.stop,
            give_up=bench.give_up,
            sweep_s=self.sweep_s,
            stop_s=self.stop_s,
            report=self.reports.append,
            periods=self.periods,
        )
        self.thread = threading.Thread(target=self.loop.run_until_stopped)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.bench.wake.set()
        self.thread.join(scaled(30))
        self.loop.close()
        assert not self.thread.is_alive()

    def wait_for_rows(self, number):
        wait_until(lambda: len(self.bench.rows()) >= number, what=f"{number} rows")


@pytest.fixture
def watching(bench):
    return Running(bench, Watcher(bench.spool.inbox, bench.wake.set))


def test_once_answers_what_is_there_and_ends(bench):
    for n in range(40):
        bench.drop(f"ward {n % 3}/{n}.png", png_bytes(n % 4))
    bench.drop("cut.png", png_bytes(1)[:99])
    bench.drop(".hidden", b"x")
    Running(bench).loop.run_until_empty(60)
    assert len(bench.rows()) == 41
    assert [path.name for path in bench.spool.inbox.rglob("*") if path.is_file()] == [".hidden"]
    assert bench.pipeline.in_progress == 0


def test_once_ends_at_once_when_there_is_nothing(bench):
    Running(bench).loop.run_until_empty(60)
    assert bench.rows() == []


def test_once_gives_up_with_its_cause_though_the_pause_ends_in_that_moment(bench):
    """Break it: ask for the cause once the time is known to be over."""

    class EndingIt(float):
        def __lt__(self, other):
            bench.pauses.for_decoding(None)  # as a thread of the pool may at any time
            return float(self) < other

    bench.pauses.for_decoding("EAGAIN")
    with pytest.raises(NoDecoderError, match="EAGAIN"):
        Running(bench).loop.run_until_empty(EndingIt(0))


def test_once_takes_the_backlog_first(bench):
    claim = claim_file(bench.spool, bench.drop("old.png", png_bytes(1)))
    bench.drop("new.png", png_bytes(2))
    running = Running(bench)
    running.loop.resume([claim])
    running.loop.run_until_empty(60)
    assert [row["source_name"] for row in bench.rows()] == ["old.png", "new.png"]


def test_once_that_is_asked_to_stop_finishes_what_is_claimed_only(bench):
    for n in range(30):
        bench.drop(f"{n}.png", png_bytes(n % 4))
    running = Running(bench)
    bench.intake.begin_sweep()
    wait_until(lambda: running.loop._pass() or bench.pipeline.in_progress, what="a claim")
    running.stop.set()
    running.loop.run_until_empty(60)
    left = [path for path in bench.spool.inbox.rglob("*") if path.is_file()]
    assert left
    assert len(bench.rows()) + len(left) == 30
    assert list(bench.spool.claimed.iterdir()) == []


def test_an_arrival_is_answered_by_its_event(watching, bench):
    with watching:
        wait_until(lambda: "inotify" in watching.reports, what="the watcher")
        wait_until(lambda: bench.intake.idle, what="the first sweep to end")
        drop(bench.spool.inbox / "a.png", png_bytes(1))
        watching.wait_for_rows(1)
    assert watching.loop.watching == "inotify"


def test_without_events_the_sweep_finds_it(bench):
    """Fault 2."""
    with Running(bench, sweep_s=0.2) as running:
        wait_until(lambda: running.reports)
        bench.drop("a.png", png_bytes(1))
        running.wait_for_rows(1)
    assert set(running.reports) == {"polling"}


def test_a_watcher_that_dies_is_made_anew(watching, bench):
    """Fault 3."""
    with watching:
        wait_until(lambda: "inotify" in watching.reports)
        first = watching.watcher._observer
        first._inotify_fd.stop()
        wait_until(lambda: watching.watcher._observer not in (None, first), what="another observer")
        drop(bench.spool.inbox / "a.png", png_bytes(1))
        watching.wait_for_rows(1)


def test_an_inbox_that_is_replaced_is_watched_again(watching, bench, tmp_path):
    """Fault 4."""
    with watching:
        for turn in range(3):
            wait_until(lambda: watching.watcher.alive and watching.loop.watching == "inotify")
            bench.spool.inbox.rename(tmp_path / f"old {turn}")
            wait_until(lambda: watching.loop.watching == "polling", what="the loss to be noticed")
            bench.spool.inbox.mkdir()
            bench.drop(f"{turn}.png", png_bytes(turn))
            watching.wait_for_rows(turn + 1)


class Deaf(Watcher):
    """A watcher that hears nothing, but for what it is told."""

    def dispatch(self, event):
        pass


def test_lost_hints_mean_a_sweep(bench):
    """Fault 1."""
    running = Running(bench, Deaf(bench.spool.inbox, bench.wake.set))
    with running, capture_logs() as logs:
        wait_until(lambda: "inotify" in running.reports and bench.intake.idle)
        bench.drop("a.png", png_bytes(1))
        running.watcher._overflowed()
        running.wait_for_rows(1)
    assert "events_lost" in [line["event"] for line in logs]


def test_an_arrival_does_not_wait_behind_hints_that_say_nothing(bench):
    """What a burst left: the events of files that the sweep took, and of names that are ignored."""
    running = Running(bench, Deaf(bench.spool.inbox, bench.wake.set))
    with running:
        wait_until(lambda: "inotify" in running.reports and bench.intake.idle)
        for n in range(5_000):
            running.watcher._put(f"{bench.spool.inbox}/.{n}", is_folder=False, sign=Sign.CLOSED)
        path = bench.spool.inbox / os.fsdecode(bench.drop("a.png", png_bytes(1)))
        running.watcher._put(os.fsencode(path), is_folder=False, sign=Sign.CLOSED)
        wait_until(bench.rows, timeout_s=5, what="the row")


def test_a_full_disk_is_probed_and_intake_goes_on_by_itself(bench):
    """Fault 35."""
    bench.pauses.pause("disk", "ENOSPC")
    bench.spool.claimed.rmdir()
    with Running(bench, sweep_s=0.2) as running:
        bench.drop("a.png", png_bytes(1))
        wait_until(lambda: len(running.reports) > 5, timeout_s=20)
        assert bench.rows() == []
        bench.spool.claimed.mkdir()
        running.wait_for_rows(1)
    assert not bench.pauses.any


def test_nothing_is_claimed_in_a_pause(bench):
    bench.pauses.pause("database", "unavailable")
    with Running(bench, sweep_s=0.1) as running:
        bench.drop("a.png", png_bytes(1))
        wait_until(lambda: bench.intake.files.count(State.READY), what="the file to be ready")
        wait_until(lambda: len(running.reports) > 3, timeout_s=20)
        assert list(bench.spool.claimed.iterdir()) == []
        bench.pauses.resume("database")
        running.wait_for_rows(1)


def test_what_cannot_be_renamed_is_counted_and_left(bench):
    """Here a path that fits below ``inbox/``, and not below ``claimed/``."""
    length = 4080 - len(os.fsencode(bench.spool.inbox))
    source = (b"d" * 199 + b"/") * (length // 200) + b"e" * (length % 200) + b"/a"
    path = os.path.join(os.fsencode(bench.spool.inbox), source)
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(png_bytes(1))
    running = Running(bench)
    bench.intake.take_hints([Hint(path, is_folder=False, sign=Sign.CLOSED)])
    wait_until(
        lambda: bench.intake.advance() or bench.intake.files.count(State.READY), what="the file to be ready"
    )
    running.loop._claim_what_is_ready()
    assert bench.intake._refused == {source}
    assert os.path.exists(path)
    assert not bench.pauses.any


def test_what_was_taken_away_meanwhile_is_no_error(bench, monkeypatch):
    """Between the last look and the rename."""
    path = bench.spool.inbox / os.fsdecode(bench.drop("gone.png", png_bytes(1)))
    bench.intake.take_hints([Hint(os.fsencode(path), is_folder=False, sign=Sign.CLOSED)])
    wait_until(lambda: bench.intake.advance() or bench.intake.files.count(State.READY), what="a ready file")
    running = Running(bench)
    claim = bench.pipeline.claim
    monkeypatch.setattr(bench.pipeline, "claim", lambda source: path.unlink() or claim(source))
    running.loop._claim_what_is_ready()
    assert bench.intake.files.left == {State.GONE: 1}
    assert bench.intake._refused == set()
    assert running.loop._claims == 0


def test_a_stop_finishes_what_is_claimed(bench):
    with Running(bench, sweep_s=0.1):
        for n in range(6):
            bench.drop(f"{n}.png", png_bytes(n))
        wait_until(lambda: bench.pipeline.in_progress or bench.rows(), what="a claim")
    assert list(bench.spool.claimed.iterdir()) == []
    assert len(bench.rows()) + len(list(bench.spool.inbox.iterdir())) == 6


def test_a_stop_does_not_wait_longer_than_it_may(bench):
    """The rest stays claimed for the next start."""
    running = Running(bench, stop_s=0.1)
    for n in range(40):
        running.loop.resume([claim_file(bench.spool, bench.drop(f"{n}.png", png_bytes(n)))])
    bench.pauses.pause("disk", "ENOSPC")
    running.stop.set()
    with capture_logs() as logs:
        started = time.monotonic()
        running.loop.run_until_stopped()
        took = time.monotonic() - started
    assert is_within(took, 10)
    assert bench.give_up.is_set()
    assert "daemon_stopped_with_claims" in [line["event"] for line in logs]  # a thread may log a row after it
    claimed = {path.name for path in bench.spool.claimed.iterdir() if path.is_dir()}
    assert claimed
    assert len(claimed | {row["scan_id"] for row in bench.rows()}) == 40


def test_an_error_of_a_batch_ends_the_loop(bench):
    bench.classifier.error = ZeroDivisionError()
    bench.drop("a.png", png_bytes(1))
    with pytest.raises(ZeroDivisionError):
        Running(bench).loop.run_until_empty(60)


def test_once_says_what_it_waits_for(bench):
    bench.drop("cut.png", png_bytes(1)[:200])
    with capture_logs() as logs:  # in each pass: the file is claimed in that which comes after its wait
        Running(bench, periods=replace(HASTY, progress_s=0)).loop.run_until_empty(60)
    assert {"event": "files_waiting", "files": 1, "log_level": "info"}.items() <= next(
        line for line in logs if line["event"] == "files_waiting"
    ).items()
    assert [row["error_code"] for row in bench.rows()] == ["truncated"]
