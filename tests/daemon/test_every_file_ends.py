"""Any order of events, writes, deaths of children, pauses, refused moves and restarts: each file ends once.

The intake, the pipeline with its threads, the spool and the ledger are real; the children answer when the
test says so. Break it: let `Pipeline._put_back` leave the state as it was, `Committer.commit` find nothing
changed, `Committer.retry` do nothing, or `Pipeline.close` not take in what is finished.
"""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from daemon.decoding.messages import Decoded
from daemon.inbox.events import Hint, Sign
from daemon.inbox.intake import Intake
from daemon.inbox.settle import Patience
from daemon.inbox.sweep import Ignore
from daemon.pipeline.recovery import recover
from daemon.service.loop import Loop, Stages
from daemon.spool import dispose
from daemon.spool.file_state import look_at
from daemon.spool.folders import Spool, create
from daemon.spool.rename import rename_new
from daemon.states import State
from model.reading.completeness import Completeness
from storage.ledger import Ledger
from tests.daemon.conftest import Bench
from tests.support.at_head import open_at_head
from tests.support.waiting import wait_until

NAMES = st.sampled_from(["a", "b", "ward/a", "ward/b"])
INDEX = st.integers(0, 99)
WHOLE = b" whole"
UNANSWERED = (State.CLAIMED, State.DECODING, State.DECODED)
NO_SCANS = (b".note", b".json", b".tmp")
CONTENTS = st.sampled_from([WHOLE, WHOLE, WHOLE, b" cut"])
SIGNS = st.sampled_from([Sign.CLOSED, Sign.CLOSED, Sign.RENAMED, Sign.NONE])
SERVICE = ["turn"] * 6 + ["child_answers"] * 6 + ["finishing_comes_first"] * 2
TROUBLES = [
    "child_dies",
    "time_passes",
    "sweep",
    "somebody_writes_once_a_child_has_answered",
    "a_write_is_seen_before_a_child_answers",
    "somebody_writes",
    "take_away",
    "rename_inside",
    "block_returns",
    "pause",
    "resume",
    "refuse_moves",
    "look_back",
    "restart",
]


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Children:
    """Children that look at a file when they are asked to answer, and may die instead."""

    workers = 2
    slow = 0
    slow_examinations = 0

    def __init__(self):
        self.asked = []

    def hold(self, *, is_held):
        pass

    def examine(self, path):
        return self._ask(self._examined, path)

    def decode(self, path):
        return self._ask(self._decoded, path)

    def answer(self, index, *, dies=False):
        answer, path, future = self.asked.pop(index % len(self.asked))
        future.set_result(answer(path, dies))

    def _ask(self, answer, path):
        self.asked.append((answer, path, Future()))
        return self.asked[-1][-1]

    def _examined(self, path, dies):
        try:
            look, data = look_at(path), read(path)
        except FileNotFoundError:
            return None
        if dies:
            return look, Completeness.UNKNOWN
        return look, Completeness.COMPLETE if WHOLE in data else Completeness.INCOMPLETE

    def _decoded(self, path, dies):
        look, data = look_at(path), read(path)
        known = {"look": look, "sha256": hashlib.sha256(data).hexdigest()}
        if dies or WHOLE not in data:
            return Decoded.refused("failed", "decoder_crashed" if dies else "truncated", **known)
        return Decoded(inputs=np.zeros((1, 224, 224), np.uint16), **known)


class Daemon:
    """One start of the daemon on a spool: its loop is turned by hand, its clock stands."""

    def __init__(self, spool, ledger):
        self.now = 1000.0
        self.children = Children()
        self.bench = Bench(spool, ledger, self.children, batch_size=2, batch_wait_s=0)
        self.intake = self.bench.intake = Intake(
            spool.inbox,
            self.children,
            Patience(look_interval_s=0.125, settle_s=5, incomplete_wait_s=300),
            Ignore((".*",)),
            self.bench.wake.set,
            lookahead=4,
            clock=lambda: self.now,
        )
        self.pipeline = self.bench.pipeline
        self.loop = Loop(
            Stages(spool, self.intake, self.pipeline, self.bench.pauses, None),
            self.bench.wake,
            mock.Mock(),
            give_up=self.bench.give_up,
            sweep_s=3600,
            stop_s=1,
            report=lambda _: None,
        )
        for claim in recover(spool, self.pipeline, self.bench.recorder):
            self.pipeline.begin(claim)

    @property
    def ended(self):
        """Count the files that were put away."""
        return self.pipeline.files.left[State.DONE] + self.pipeline.files.left[State.FAILED]

    def close(self):
        self.bench.give_up.set()
        self.pipeline.close()
        assert len(self.pipeline.files) == 0


class FilesMachine(RuleBasedStateMachine):
    """Files that arrive in a spool, are written to, and taken away; and the daemons that answer them."""

    @initialize()
    def start(self):
        self.spool = Spool(Path(tempfile.mkdtemp(prefix="inboxray-ends-")))
        create(self.spool)
        self.engine = open_at_head(self.spool.root / "results.db")
        self.arrived, self.taken, self.ended = 0, [], 0
        self.events = []
        self.is_refusing = False
        mock.patch.object(dispose, "rename_new", self.rename).start()
        self.daemon = Daemon(self.spool, Ledger(self.engine))

    def rename(self, path, target, **options):
        if self.is_refusing:
            raise PermissionError(13, "Permission denied")
        rename_new(path, target, **options)

    def files(self, *folders):
        found = []
        for folder in folders:
            for parent, _, names in os.walk(os.fsencode(folder)):
                paths = [os.path.join(parent, name) for name in sorted(names)]
                found += [path for path in paths if not path.endswith(NO_SCANS) and not os.path.islink(path)]
        return found

    def event(self, path, sign):
        self.events.append(Hint(os.fsencode(path), False, sign))

    @rule(arrivals=st.lists(st.tuples(NAMES, CONTENTS, SIGNS), min_size=1, max_size=4))
    def arrive(self, arrivals):
        for name, content, sign in arrivals:
            path = self.spool.inbox / name
            if path.parent.is_symlink():
                continue
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                path.write_bytes(b"%d" % self.arrived + content)
                self.arrived += 1
                self.event(path, sign)

    @rule(steps=st.lists(st.tuples(st.sampled_from(SERVICE + TROUBLES), INDEX), min_size=5, max_size=25))
    def serve(self, steps):
        """Go on as a daemon and its children do, with somebody who writes to files wherever they lie."""
        for step, index in steps:
            getattr(self, step)(index)

    @rule(step=st.sampled_from(TROUBLES), index=INDEX)
    def trouble(self, step, index):
        getattr(self, step)(index)

    def turn(self, _index):
        self.daemon.intake.take_hints(self.events)
        self.events = []
        self.daemon.loop._pass()

    def finishing_comes_first(self, _index):
        turns = self.daemon.pipeline._turns
        wait_until(lambda: all(future.done() for future, _ in turns), what="the finishing thread")

    def child_answers(self, index, *, dies=False):
        if self.daemon.children.asked:
            self.daemon.children.answer(index, dies=dies)

    def child_dies(self, index):
        self.child_answers(index, dies=True)

    def somebody_writes_once_a_child_has_answered(self, index):
        """What its answer says is of other bytes."""
        if self.daemon.children.asked:
            _, path, _ = self.daemon.children.asked[index % len(self.daemon.children.asked)]
            self.daemon.children.answer(index)
            self.write(path, b"+")

    def a_write_is_seen_before_a_child_answers(self, index):
        """The loop looks after the write, and so does the child: its answer fits what is known."""
        if self.daemon.children.asked:
            index %= len(self.daemon.children.asked)
            self.write(self.daemon.children.asked[index][1], b"+")
            self.daemon.intake.begin_sweep()
            self.daemon.intake.advance()
            self.daemon.children.answer(index)

    def somebody_writes(self, index):
        """To any file that has no row yet; and while its batch is finished, there is a moment too late."""
        known = self.daemon.pipeline.files
        claimed = [known.get(scan_id).claim for scan_id in known if known.state(scan_id) in UNANSWERED]
        there = self.files(self.spool.inbox) + [claim.path for claim in claimed]
        if there:
            self.write(there[index % len(there)], WHOLE if index % 2 else b"+", closes=index % 3 == 0)

    def write(self, path, data, *, closes=False):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        except FileNotFoundError:
            return  # it was put away just now
        with open(descriptor, "ab") as file:
            file.write(data)
        if closes and path.startswith(os.fsencode(self.spool.inbox)):
            self.event(path, Sign.CLOSED)

    def time_passes(self, index):
        self.daemon.now += (0.2, 2, 6, 400)[index % 4]

    def sweep(self, _index):
        self.daemon.intake.begin_sweep()

    def take_away(self, index):
        there = self.files(self.spool.inbox)
        if there:
            path = there[index % len(there)]
            self.taken.append(number(read(path)))
            os.unlink(path)

    def rename_inside(self, index):
        there = self.files(self.spool.inbox)
        target = self.spool.inbox / f"renamed {index % 3}"
        if there and not target.exists():
            os.rename(there[index % len(there)], target)
            self.event(target, Sign.RENAMED)

    def block_returns(self, _index):
        """No folder can be made in the inbox any more: what was written to cannot go back."""
        ward = self.spool.inbox / "ward"
        if ward.is_dir() and not any(ward.iterdir()):
            ward.rmdir()
            ward.symlink_to("nowhere")

    def pause(self, index):
        self.daemon.bench.pauses.pause(("database", "disk")[index % 2], "test")

    def resume(self, _index=0):
        for reason in ("database", "disk"):
            self.daemon.bench.pauses.resume(reason)

    def refuse_moves(self, _index):
        self.is_refusing = True

    def look_back(self, index):
        self.is_refusing = bool(index % 2)
        self.daemon.pipeline.look_back()

    def restart(self, _index):
        self.daemon.close()
        self.ended += self.daemon.ended
        self.daemon = Daemon(self.spool, Ledger(self.engine))

    @invariant()
    def each_file_is_in_one_place(self):
        if self.daemon.pipeline._turns:
            return  # the finishing thread may move one between two looks
        folders = (self.spool.inbox, self.spool.claimed, self.spool.done, self.spool.failed)
        there = Counter([number(read(path)) for path in self.files(*folders)] + self.taken)
        assert there == dict.fromkeys(range(self.arrived), 1)
        assert len(self.files(self.spool.claimed)) == len(self.daemon.pipeline.files)

    def teardown(self):
        """Let everything come to its end, then look where each file is."""
        self.is_refusing = False
        with suppress(OSError):
            (self.spool.inbox / "ward").unlink()
        try:
            wait_until(self.is_at_rest, what="every file to end")
            self.daemon.close()
            self.ended += self.daemon.ended
            self.each_file_ended_once()
        finally:
            mock.patch.stopall()
            self.engine.dispose()
            shutil.rmtree(self.spool.root)

    def is_at_rest(self):
        daemon = self.daemon
        self.resume()
        daemon.now += 400
        daemon.intake.begin_sweep()
        daemon.pipeline.look_back()
        for _ in range(3):
            daemon.loop._pass()
            while daemon.children.asked:
                daemon.children.answer(0)
        is_over = not daemon.pipeline.in_progress and not daemon.pipeline.files.count(State.RECORDED)
        return is_over and not daemon.intake.waiting and not self.files(self.spool.inbox)

    def each_file_ended_once(self):
        kept = self.files(self.spool.done, self.spool.failed)
        ends = Counter([number(read(path)) for path in kept] + self.taken)
        assert ends == dict.fromkeys(range(self.arrived), 1)
        assert self.files(self.spool.inbox, self.spool.claimed) == []
        rows = self.daemon.bench.rows()
        places = [os.path.join(os.fsencode(self.spool.root), os.fsencode(row["stored_path"])) for row in rows]
        assert sorted(places) == sorted(kept)
        contents = [hashlib.sha256(read(path)).hexdigest() for path in places]
        assert contents == [row["sha256"] for row in rows]
        assert self.ended == len(kept)


def number(data):
    """Give the number that a file was made with."""
    return int(data.split()[0].rstrip(b"+"))


TestEveryFileEnds = FilesMachine.TestCase
TestEveryFileEnds.settings = settings(
    phases=[Phase.explicit, Phase.generate],  # to shrink an example that comes to no rest would take minutes
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
