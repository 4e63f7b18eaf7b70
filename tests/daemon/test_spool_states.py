"""Any order of arrivals, crashes and restarts: each file is in one place, each answer has one row."""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from daemon.spool.attempts import note_attempt
from daemon.spool.claiming import claim_file, find_claims, return_to_inbox
from daemon.spool.destinations import Destinations
from daemon.spool.dispose import Disposal, dispose
from daemon.spool.folders import Spool, create
from daemon.spool.names import decode_name, encode_name

SOURCES = st.sampled_from(
    [b"a", b"a/b", b"b.dcm", b"\xff\n.dcm", b"a.reason.json", b"n" * 255, b"n" * 251 + b".dcm"]
)
OUTCOMES = st.sampled_from([("classified", None), ("rejected", "no_image"), ("failed", "truncated")])


def has_reason(path):
    try:
        with open(path + b".reason.json", "rb") as file:
            return file.read(1) == b"{"  # else it is an arrival of that name
    except OSError:  # there is none, or its name would be too long for one
        return False


class SpoolMachine(RuleBasedStateMachine):
    """A spool with its real files, and a dictionary in the ledger's place.

    ``held`` are claims that this daemon works on; a crash forgets them, ``claimed/`` brings them back.
    """

    @initialize()
    def start(self):
        self.spool = Spool(Path(tempfile.mkdtemp(prefix="inboxray-states-")))
        create(self.spool)
        self.arrived = 0
        self.held = []
        self.rows = {}

    def teardown(self):
        shutil.rmtree(self.spool.root)

    @rule(source=SOURCES)
    def arrive(self, source):
        path = os.path.join(os.fsencode(self.spool.inbox), source)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as file:
                file.write(b"%d" % self.arrived)
        except (FileExistsError, NotADirectoryError):
            return  # somebody waits there already
        self.arrived += 1

    @rule(source=SOURCES)
    def claim(self, source):
        if os.path.isfile(os.path.join(os.fsencode(self.spool.inbox), source)):
            self.held.append(claim_file(self.spool, source))
            note_attempt(self.held[-1])

    @precondition(lambda self: self.held)
    @rule(index=st.integers(0, 99))
    def put_back(self, index):
        claim = self.held[index % len(self.held)]
        if claim.scan_id in self.rows:
            return
        try:
            return_to_inbox(self.spool, claim)
        except OSError:
            assert os.path.lexists(claim.path)  # a file stands where its folder was: it stays claimed
        else:
            self.held.remove(claim)

    @precondition(lambda self: self.held)
    @rule(outcomes=st.lists(OUTCOMES, min_size=1, max_size=4), crash=st.booleans())
    def finish(self, outcomes, crash):
        """Record and put away a batch; or record it and crash."""
        batch = [claim for claim in self.held if claim.scan_id not in self.rows][: len(outcomes)]
        places = Destinations(self.spool, datetime.now(UTC).date())
        places.reserve(decode_name(at) for _, _, at in self.rows.values())
        for claim, (outcome, code) in zip(batch, outcomes, strict=False):
            at = encode_name(places.choose(claim.source, claim.scan_id, outcome))
            self.rows[claim.scan_id] = (outcome, code, at)
        if crash:
            self.restart()
        else:
            self.put_away(batch)

    def put_away(self, claims):
        refused = dispose(self.spool, [Disposal(claim, *self.rows[claim.scan_id]) for claim in claims])
        assert refused == []
        self.held = [claim for claim in self.held if claim not in claims]

    @rule()
    def restart(self):
        """What is held is forgotten; what lies in claimed/ is all that is known."""
        before = {claim.scan_id for claim in self.held}
        self.held = list(find_claims(self.spool))
        assert {claim.scan_id for claim in self.held} == before
        self.put_away([claim for claim in self.held if claim.scan_id in self.rows])

    @rule(source=SOURCES)
    def crash_in_the_middle_of_a_claim(self, source):
        """An empty claim is left; or one whose file has moved on, with its note."""
        path = os.path.join(os.fsencode(self.spool.inbox), source)
        if os.path.isfile(path):
            claim = claim_file(self.spool, source)
            note_attempt(claim)
            os.rename(claim.path, path)
        self.restart()

    @invariant()
    def every_file_is_in_one_place_with_its_own_bytes(self):
        contents = []
        for folder in (self.spool.inbox, self.spool.claimed, self.spool.done, self.spool.failed):
            for parent, _, names in os.walk(os.fsencode(folder)):
                for name in names:
                    with open(os.path.join(parent, name), "rb") as file:
                        content = file.read()
                    if content.isdigit():
                        contents.append(int(content))
        assert sorted(contents) == list(range(self.arrived))

    @invariant()
    def rows_lead_to_their_files(self):
        waiting = {claim.scan_id for claim in self.held}
        places = [at for _, _, at in self.rows.values()]
        assert len(set(places)) == len(places)
        for scan_id, (outcome, _, at) in self.rows.items():
            path = os.path.join(os.fsencode(self.spool.root), decode_name(at))
            assert os.path.isfile(path) or scan_id in waiting
            if scan_id not in waiting:
                assert has_reason(path) == (outcome == "failed")


TestSpool = SpoolMachine.TestCase
TestSpool.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
