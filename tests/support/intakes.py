"""An intake over a spool, with a clock that stands, and what is put into its inbox."""

import os

from daemon.inbox.events import Hint, Sign
from daemon.inbox.intake import Intake
from daemon.inbox.settle import Patience
from daemon.inbox.sweep import Ignore
from daemon.states import State
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until

WHOLE = png_bytes(1)
CUT = WHOLE[:200]


class Clock:
    """A monotonic clock that stands until it is told to go on."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def make_intake(spool, pool, clock):
    return Intake(
        spool.inbox,
        pool,
        Patience(look_interval_s=0.125, settle_s=5, incomplete_wait_s=300),
        Ignore((".*", "*.part")),
        lambda: None,
        lookahead=8,
        clock=clock,
    )


def put(spool, name, data=WHOLE):
    path = spool.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return os.fsencode(path)


def hint(path, *, sign=Sign.CLOSED, is_folder=False):
    return Hint(path, is_folder, sign)


def settle_now(intake):
    """Advance until nothing more happens at this time."""

    def rests():
        intake.advance()
        walks = not intake._arrivals.are_none and not intake._is_full()
        return not (intake.files.count(State.EXAMINING) or walks)

    wait_until(rests, what="the intake to rest")


def ready(intake, room=100):
    settle_now(intake)
    return sorted(claim(intake, room))


def claim(intake, room=100):
    """Claim what is ready, as the loop does; the file stays where it is."""
    for source in intake.ready(room):
        intake.claimed(source)
        yield source
