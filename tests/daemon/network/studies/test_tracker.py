import json
from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.errors import BadDataError, InputOutputError
from daemon.network.sending.entries import State, entries, move
from daemon.network.studies.notices import Webhooks
from daemon.network.studies.quiet import NOTHING, Arriving, Quiet
from daemon.network.studies.tracker import Tracker
from daemon.settings.notices import parse_webhook
from daemon.settings.rules import parse_rule
from storage.ledger import Ledger
from tests.support.many_scans import multiply
from tests.support.records import MODEL, NOON, RUN, classified, failed, scan_id

DAY_S = 86_400


class Ward:
    """A ledger, a clock, and one who is to know of everything."""

    def __init__(self, engine, outbox):
        self.engine = engine
        self.ledger = Ledger(self.engine)
        self.ledger.register_model(MODEL)
        self.run = self.ledger.begin_run(RUN)
        self.outbox = outbox
        self.hook = outbox.folder(parse_webhook("https://ward.example/hook"))
        self.now = NOON.timestamp()
        self.arriving = {}
        self.tracker = self.track()
        self.tracker.begin(None)

    def track(self, **more):
        """Make a tracker, as a process that was started anew has it."""
        channel = Webhooks([self.hook.name], [parse_rule("any")], names_patients=False)
        folders = {self.hook.name: self.hook}
        return Tracker(self.outbox, folders, [channel], Quiet(60, 600), self, clock=lambda: self.now, **more)

    def of(self, _, study):
        return self.arriving.get(study.study_instance_uid, NOTHING)

    def record(self, *rows):
        self.ledger.record(list(rows), self.run)

    def scan(self, number, study, decision="not_fractured", probability=0.1, **more):
        """A scan that was answered just now."""
        made = classified(
            number, study_instance_uid=study, decision=decision, probability=probability, **more
        )
        return replace(made, finished_at=NOON + timedelta(seconds=self.now - NOON.timestamp()))

    def later(self, seconds, tracker=None):
        """Let time pass, and the tracker do all that it can."""
        self.now += seconds
        while (tracker or self.tracker).step(self.engine):
            pass

    def sent(self):
        """Give what was put into the outbox, in the order of reports."""
        bodies = [json.loads(one.path.read_bytes()) for state in State for one in entries(self.hook, state)]
        return sorted(
            (one["study"]["key"][-1], one["study"]["number"], one["study"]["answer"], one["study"]["scans"])
            for one in bodies
        )


@pytest.fixture
def ward(engine, outbox):
    return Ward(engine, outbox)


def test_a_study_is_reported_once_when_it_is_quiet(ward):
    ward.record(ward.scan(1, "1.1"))
    ward.later(40)
    ward.record(ward.scan(2, "1.1", "fractured", 0.9), ward.scan(3, "1.2"))
    ward.later(40)
    assert ward.sent() == [], "each new answer begins the wait anew"
    ward.later(21)
    assert ward.sent() == [("1", 1, "fractured", 2), ("3", 1, "not_fractured", 1)]
    ward.later(DAY_S)
    assert len(ward.sent()) == 2


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_the_order_in_which_scans_come_does_not_matter(ward, order):
    kinds = {1: ("not_fractured", 0.1), 2: ("fractured", 0.9), 3: ("abstained", 0.5)}
    for number in order:
        ward.record(ward.scan(number, "1.1", *kinds[number]))
        ward.later(1)
    ward.later(61)
    assert [one[1:] for one in ward.sent()] == [(1, "fractured", 3)]


def test_a_late_scan_makes_a_correction_that_points_to_the_report_before(ward):
    ward.record(ward.scan(1, "1.1"))
    ward.later(61)
    ward.record(ward.scan(2, "1.1", "fractured", 0.9))
    ward.later(61)
    assert ward.sent() == [("1", 1, "not_fractured", 1), ("1", 2, "fractured", 2)]
    by_number = {
        body["study"]["number"]: body
        for one in entries(ward.hook, State.WAITING)
        for body in [json.loads(one.path.read_bytes())]
    }
    assert by_number[2]["study"]["corrects"] == by_number[1]["id"]


def test_a_study_over_two_days_is_one_study(ward):
    """Also if the process was started anew between, and the outbox has let go of what it sent."""
    ward.record(ward.scan(1, "1.1", "uncertain", 0.4))
    ward.later(61)
    for one in entries(ward.hook, State.WAITING):
        one.path.unlink()
    ward.now += DAY_S
    anew = ward.track()
    anew.begin(ward.engine)
    ward.record(ward.scan(2, "1.1"))
    ward.later(61, anew)
    assert ward.sent() == [("1", 2, "uncertain", 2)]


def test_a_copy_and_what_changes_nothing_is_no_correction(ward):
    ward.record(ward.scan(1, "1.1"))
    ward.later(61)
    ward.record(
        ward.scan(2, "1.1", sha256=classified(1).sha256, sop_instance_uid=classified(1).sop_instance_uid)
    )
    ward.later(61)
    assert ward.sent() == [("1", 1, "not_fractured", 1)]


def test_a_requeued_scan_corrects_its_study_also_if_its_header_is_lost(ward):
    ward.record(ward.scan(1, "1.1", "fractured", 0.9))
    ward.later(61)
    again = replace(
        failed(2, "decoder_crashed", requeued_from=scan_id(1)), finished_at=ward.scan(2, "1").finished_at
    )
    ward.record(again)
    ward.later(61)
    assert [one[1:] for one in ward.sent()] == [(1, "fractured", 1), (2, "failed", 1)]


def test_scans_that_name_no_study_stand_alone(ward):
    ward.record(ward.scan(1, None), ward.scan(2, None), ward.scan(3, None, is_canary=True))
    ward.later(61)
    assert [one[:2] for one in ward.sent()] == [("1", 1), ("2", 1)]


def test_what_still_comes_in_is_waited_for_and_then_named(ward):
    ward.arriving["1.1"] = Arriving(is_open=True)
    ward.record(ward.scan(1, "1.1"))
    ward.later(100)
    assert ward.sent() == []
    ward.arriving["1.1"] = Arriving(ended_at=ward.now, waiting=("1.2.3",))
    ward.later(100)
    assert ward.sent() == []
    ward.later(400)
    (entry,) = entries(ward.hook, State.WAITING)
    assert json.loads(entry.path.read_bytes())["study"]["waiting"] == 1
    ward.arriving.clear()
    ward.record(ward.scan(2, "1.1"))
    ward.later(61)
    assert [one[1] for one in ward.sent()] == [1, 2]


def test_killed_at_any_moment_nothing_is_lost_and_nothing_reported_twice(ward):
    """A process that was killed has its cursor and what was noted; the moment between is made by hand."""
    ward.record(ward.scan(1, "1.1"), ward.scan(2, "1.2"))
    ward.later(1)
    ward.later(60, ward.track())
    assert [one[:2] for one in ward.sent()] == [("1", 1), ("2", 1)]
    ward.record(ward.scan(3, "1.3"))
    before = {path: path.read_bytes() for path in (ward.outbox.root / "studies").rglob("*.json")}
    ward.later(61, ward.track())
    first = ward.sent()
    move(entries(ward.hook, State.WAITING)[-1], State.CONFIRMED)
    for path in (ward.outbox.root / "studies").rglob("*.json"):
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)
    ward.later(61, ward.track())
    assert ward.sent() == first


def test_the_cursor_stays_before_a_study_that_is_not_reported(ward):
    """Break it: write it where rows were read."""
    ward.record(ward.scan(1, "1.1"))
    ward.later(30)
    ward.record(ward.scan(2, "1.2"))
    ward.later(31)
    assert json.loads((ward.outbox.root / "studies" / "cursor.json").read_text())["last"] == 1
    ward.later(61)
    assert json.loads((ward.outbox.root / "studies" / "cursor.json").read_text())["last"] == 2


def test_a_clock_that_is_ahead_elsewhere_or_set_back_here_holds_nothing_up(ward):
    ward.record(replace(ward.scan(1, "1.1"), finished_at=NOON + timedelta(days=3)))
    ward.later(1)
    ward.later(61)
    assert len(ward.sent()) == 1
    ward.record(ward.scan(2, "1.2"))
    ward.later(1)
    ward.later(-DAY_S)
    ward.later(61)
    assert len(ward.sent()) == 2


def test_what_was_recorded_before_it_began_is_not_reported(ward, tmp_path):
    (ward.outbox.root / "studies" / "cursor.json").unlink()
    ward.record(ward.scan(1, "1.1"))
    anew = ward.track()
    anew.begin(ward.engine)
    ward.later(61, anew)
    assert ward.sent() == []


def test_a_full_disk_and_another_database_are_named(ward):
    full = ward.track(min_free_percent=100.0)
    ward.record(ward.scan(1, "1.1"))
    with pytest.raises(InputOutputError, match="outbox_min_free_percent"):
        ward.later(61, full)
    assert ward.sent() == []
    ward.later(1)
    assert len(ward.sent()) == 1
    cursor = ward.outbox.root / "studies" / "cursor.json"
    cursor.write_text(json.dumps(json.loads(cursor.read_text()) | {"scan_id": scan_id(9)}))
    with pytest.raises(BadDataError, match="another database"):
        ward.later(1, ward.track())
    cursor.write_text("half")
    with pytest.raises(BadDataError, match="remove it"):
        ward.later(1, ward.track())


def test_a_study_of_ten_thousand_scans_is_one_report(ward):
    ward.record(ward.scan(1, "1.1"))
    multiply(ward.engine, scan_id(1), 9_999)
    ward.later(61)
    (entry,) = entries(ward.hook, State.WAITING)
    body = json.loads(entry.path.read_bytes())
    assert body["study"]["scans"] == 10_000
    assert entry.path.stat().st_size < 2000
