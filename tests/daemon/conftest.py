"""The parts of a daemon, for tests of its modules: a spool, a ledger on SQLite, and real children."""

import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from daemon.decoding.pool import DecoderPool
from daemon.execution.local import LocalExecutor
from daemon.inbox.intake import Intake
from daemon.inbox.settle import Patience
from daemon.inbox.sweep import Ignore
from daemon.pauses import Pauses
from daemon.pipeline.answers import Rules
from daemon.pipeline.ask import Asker
from daemon.pipeline.commit import Committer
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.pipeline import Pipeline
from daemon.spool.durability import sync_claims
from daemon.spool.folders import Spool, create
from daemon.spool.names import decode_name
from storage.ledger import Ledger, RunRecord
from tests.support.at_head import open_at_head
from tests.support.limits import LIMITS
from tests.support.stub import StubClassifier, model_record
from tests.support.waiting import wait_until


@pytest.fixture
def spool(tmp_path):
    """A spool with its folders."""
    made = Spool(tmp_path / "spool")
    create(made)
    return made


@pytest.fixture(scope="session")
def children():
    """Real decoding children, shared: no test may break them."""
    with DecoderPool(1, LIMITS) as pool:
        yield pool


@pytest.fixture
def ledger(spool):
    """A ledger on a SQLite of its own, at head."""
    engine = open_at_head(spool.root / "results.db")
    yield Ledger(engine)
    engine.dispose()


@dataclass
class Bench:
    """A pipeline with everything around it that tests look at."""

    spool: Spool
    ledger: Ledger
    pool: DecoderPool
    classifier: StubClassifier = field(default_factory=StubClassifier)
    rule: Identifiers = field(default_factory=lambda: Identifiers("keep"))
    wake: threading.Event = field(default_factory=threading.Event)
    give_up: threading.Event = field(default_factory=threading.Event)
    returned: list = field(default_factory=list)
    batch_size: int = 4
    batch_wait_s: float = 0.02
    most_frames: int = 2048
    sync: Callable = sync_claims
    patience: Patience = field(default_factory=lambda: Patience(0.02, 0.05, 0.3))

    def __post_init__(self):
        self.pauses = Pauses(self.wake.set)
        self.recorder = Recorder(self.ledger, self.pauses, self.give_up)
        self.ledger.register_model(model_record(self.classifier.release))
        self.run_id = self.ledger.begin_run(RunRecord(datetime.now(UTC), "host", "0", "0" * 64, os.getpid()))
        self.executor = LocalExecutor(self.pool, self.classifier, batch_size=self.batch_size)
        self.rules = Rules(self.classifier.release, self.rule)
        self.asker = Asker(self.spool, self.executor, self.recorder, self.rules)
        self.intake = Intake(
            self.spool.inbox, self.pool, self.patience, Ignore((".*", "*.part")), self.wake.set
        )
        self.pipeline = Pipeline(
            self.spool,
            self.executor,
            self.asker,
            Committer(self.spool, self.recorder, self.rules, self.run_id, pauses=self.pauses, sync=self.sync),
            pauses=self.pauses,
            wake=self.wake.set,
            on_return=self.take_back,
            batch_size=self.batch_size,
            batch_wait_s=self.batch_wait_s,
            most_frames=self.most_frames,
        )

    def take_back(self, source):
        """Note what went back to the inbox, and by which thread that was said."""
        self.returned.append((source, threading.get_ident()))
        self.intake.take_back(source)

    def drop(self, name, data):
        """Put a file into the inbox; return its path below it."""
        path = self.spool.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return os.fsencode(name)

    def claim_all(self):
        """Claim every file of the inbox, in the order of their names."""
        for path in sorted(self.spool.inbox.rglob("*")):
            if path.is_file():
                self.pipeline.claim(os.fsencode(path.relative_to(self.spool.inbox)))

    def stored(self, row):
        """Read the file that a row leads to."""
        path = os.path.join(os.fsencode(self.spool.root), decode_name(row["stored_path"]))
        with open(path, "rb") as file:
            return file.read()

    def drain(self):
        """Advance the pipeline until nothing is in progress."""

        def empty():
            self.pipeline.advance()
            return not self.pipeline.in_progress

        wait_until(empty, what="the pipeline to be empty")

    def rows(self, columns="*"):
        """Give the rows of `scans` in the order of recording."""
        with self.ledger._engine.connect() as connection:
            answer = connection.exec_driver_sql(f"SELECT {columns} FROM scans ORDER BY seq")  # noqa: S608
            return [dict(row) for row in answer.mappings()]


@pytest.fixture
def bench(spool, ledger, children):
    """A pipeline on real children, a real ledger and a stub classifier."""
    made = Bench(spool, ledger, children)
    yield made
    made.give_up.set()
    made.pipeline.close()


@pytest.fixture
def deep_folder():
    """Make folders in one another, deeper than any function of the library can remove them."""
    made = []

    def make(root, levels):
        made.append((root, levels))
        folder = os.open(root, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir("d", dir_fd=folder)
            folder, parent = os.open("d", os.O_RDONLY, dir_fd=folder), folder
            os.close(parent)
        os.close(folder)

    yield make
    for root, _ in made:
        subprocess.run(["rm", "-rf", "--", root / "d"], check=True)
