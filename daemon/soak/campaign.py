"""Kill the daemon again and again while files arrive, then let it finish and prove that each ended once."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from daemon.errors import DaemonAwayError
from daemon.soak.arrivals import Arrival, Source
from daemon.soak.moments import Moments, Phase
from daemon.soak.process import SoakDaemon, processes_of
from daemon.soak.proof import prove
from daemon.soak.verdict import Plan, Verdict
from daemon.spool.folders import Spool
from storage.errors import StorageError

if TYPE_CHECKING:
    from daemon.settings.fields import Settings

_START_S: Final = 1.5  # of the first daemon; then it is measured
_NO_CLAIM_S: Final = 5.0
_STALLED_S: Final = 600.0
_CHILDREN_S: Final = 60.0
_COUNT_EVERY_S: Final = 0.1
_CLAIM_EVERY_S: Final = 0.002


def soak(
    plan: Plan,
    spool: Spool,
    database_url: str,
    settings: "Settings",
    on_progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
    before_drop: Callable[[], None] = lambda: None,
) -> Verdict:
    """Drop files and kill the daemon; prove what became of them.

    Parameters
    ----------
    plan : Plan
    spool : Spool
        Empty, and used by nothing else.
    database_url : str
        The same; see `storage.scratch`.
    settings : Settings
        How the daemon works; see `daemon.soak.process.TAKEN_OVER`.
    on_progress : callable
        Called with a stage, how much of it is done, and of how much.
    before_drop : callable
        Called before each file is dropped; what it raises ends the soak.

    Returns
    -------
    Verdict
    """
    from daemon.settings.migration_scripts import script_location
    from storage.engine import open_engine
    from storage.queries import counts, results
    from storage.upgrade import bring_to_head
    from storage.urls import is_sqlite

    began = time.monotonic()
    daemon = SoakDaemon(spool, database_url, settings)
    campaign = Campaign(plan, spool, daemon, on_progress, before_drop)
    engine = open_engine(database_url)
    try:
        bring_to_head(engine, script_location())  # what never started has no row, but a table to look into
        campaign.run(lambda: sum(count.scans for count in counts(engine)))
        left = campaign.children_left()
        proof = prove(spool, campaign.arrivals, results(engine), left)
    finally:
        campaign.end()
        engine.dispose()
    return Verdict(
        plan=plan,
        engine="sqlite" if is_sqlite(database_url) else "postgresql",
        different=campaign.source.different,
        proof=proof,
        at_work=campaign.at_work,
        stopped=campaign.stopped,
        trouble=campaign.trouble,
        seconds=time.monotonic() - began,
        kept=None,
    )


class Campaign:
    """The kills of one soak, and what was dropped between them."""

    def __init__(
        self,
        plan: Plan,
        spool: Spool,
        daemon: SoakDaemon,
        on_progress: Callable[[str, int, int], None],
        before_drop: Callable[[], None],
    ) -> None:
        self._plan, self._spool, self._daemon = plan, spool, daemon
        self._on_progress, self._before_drop = on_progress, before_drop
        self._moments = Moments(plan.seed)
        self.source = Source(plan.seed, plan.data)
        self.arrivals: list[Arrival] = []
        self._start_s = _START_S
        self.at_work = 0
        self.stopped: int | None = None
        self.trouble: str | None = None

    def run(self, count: Callable[[], int]) -> None:
        """Do it all; a daemon that does what it should not ends it, and is in `trouble`.

        Parameters
        ----------
        count : callable
        """
        try:
            for number in range(self._plan.kills):
                self._on_progress("kills", number, self._plan.kills)
                self._live_and_die(number)
            self._on_progress("kills", self._plan.kills, self._plan.kills)
            self._finish(count)
        except (DaemonAwayError, StorageError) as error:
            self.trouble = str(error)

    def _live_and_die(self, number: int) -> None:
        """Let one daemon live for a moment, with files that came before it and files that come meanwhile."""
        until = self._plan.files * (number + 1) // (self._plan.kills + 1)
        self._drop((len(self.arrivals) + until) // 2)
        self._daemon.start()
        is_pressed = self._plan.kills - number <= self._plan.least_at_work - self.at_work
        phase = self._moments.phase(at_work=is_pressed)
        after_s = 0.0 if is_pressed else self._moments.after(phase, self._start_s)
        moment = self._reach(phase, until, is_pressed=is_pressed) + after_s
        while len(self.arrivals) < until and time.monotonic() < moment:
            self._drop(len(self.arrivals) + 1)
        time.sleep(max(0.0, moment - time.monotonic()))  # whatever it is at, that is the point
        code = self._daemon.ended()
        self._daemon.kill()
        if code is not None:
            raise DaemonAwayError(f"a daemon ended by itself with {code}; its log: {self._daemon.log}")
        # while a daemon starts, claims may still be those of the one before it: not in work
        met_work = phase is not Phase.START and self._has_claims()
        self.at_work += met_work
        self._moments.learn(phase, met_work=met_work, most_s=self._start_s)

    def _reach(self, phase: Phase, until: int, *, is_pressed: bool) -> float:
        """Wait for what the moment is counted from; return when that was, on the monotonic clock.

        Where the files that came before are answered already, those that come meanwhile all come now.
        """
        began = time.monotonic()
        if phase is Phase.START:
            return began
        self._daemon.wait_until_ready()
        self._start_s = time.monotonic() - began
        if phase is Phase.CLAIM:
            if not self._has_claims():
                self._drop(until)
            while not self._met_claims(is_pressed=is_pressed) and is_pressed:
                if len(self.arrivals) == self._plan.files:
                    break
                self._drop(len(self.arrivals) + 1)  # all before it were answered unseen: this machine is busy
        return time.monotonic()

    def _met_claims(self, *, is_pressed: bool) -> bool:
        """Wait for claimed files, with the daemon held where the kill has to meet them; there may be none."""
        is_met = partial(self._daemon.is_caught, self._has_claims) if is_pressed else self._has_claims
        patience = time.monotonic() + _NO_CLAIM_S
        self._daemon.wait_until(
            lambda: is_met() or time.monotonic() > patience,
            _STALLED_S,
            "claiming a file",
            every_s=_CLAIM_EVERY_S,
        )
        return self._has_claims()

    def _has_claims(self) -> bool:
        return any(self._spool.claimed.iterdir())

    def _finish(self, count: Callable[[], int]) -> None:
        """Let the last daemon answer all that is left, and end well."""
        self._daemon.start()
        self._daemon.wait_until_ready()
        self._drop(self._plan.files)
        answered = count()
        while answered < self._plan.files or self._has_claims():
            self._on_progress("answers", answered, self._plan.files)
            before = answered, self._in_claimed()
            self._daemon.wait_until(
                lambda before=before: (count(), self._in_claimed()) != before,  # type: ignore[misc]
                _STALLED_S,
                "the next answer",
                every_s=_COUNT_EVERY_S,
            )
            answered = count()
        self.stopped = self._daemon.stop()

    def _in_claimed(self) -> int:
        return len(list(self._spool.claimed.iterdir()))

    def _drop(self, until: int) -> None:
        while len(self.arrivals) < until:
            self._before_drop()
            beside = self._spool.root / ".soak-arrival"
            self.arrivals.append(self.source.put(len(self.arrivals), self._spool.inbox, beside))

    def children_left(self) -> int:
        """Wait for what the daemons started to end, and count what did not.

        Returns
        -------
        int
        """
        if self.stopped is None:
            self._daemon.kill()
        deadline = time.monotonic() + _CHILDREN_S
        while (left := processes_of(self._spool.root)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return len(left)

    def end(self) -> None:
        """Leave no daemon behind, whatever happened."""
        with suppress(OSError):
            self._daemon.end_all()
