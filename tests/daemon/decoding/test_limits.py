import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest

from daemon.decoding.limits import Deadline, GlanceOverError, glance
from model.header import Header
from tests.support.deadlines import scaled
from tests.support.limits import LIMITS
from tests.support.shared import ROOT

BURN = "hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)"


def end_of(work, **changed):
    """Say which signal ended a process at some work in native code."""
    script = (
        "import hashlib, time\nfrom dataclasses import replace\nfrom daemon.decoding.limits import Deadline\n"
        f"from tests.support.limits import LIMITS\nwith Deadline(replace(LIMITS, **{changed})):\n    {work}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, timeout=scaled(60))
    return -done.returncode


def test_frames_extend_the_deadline_and_a_file_in_time_switches_it_off():
    limits = replace(LIMITS, deadline_s=500, deadline_per_frame_s=1, processor_s=400)
    with Deadline(limits) as extend:
        extend(Header("dicom", frames=101))
        assert 590 < signal.getitimer(signal.ITIMER_REAL)[0] <= 600
        assert 390 < signal.getitimer(signal.ITIMER_PROF)[0] <= 401
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0


def test_the_kernel_ends_what_takes_too_long():
    assert end_of(BURN, deadline_s=0.2) == signal.SIGALRM
    assert end_of("time.sleep(60)", deadline_s=0.2) == signal.SIGALRM


def test_processor_time_has_a_limit_of_its_own():
    assert end_of(BURN, processor_s=0.2) == signal.SIGPROF
    assert end_of("time.sleep(0.5)", processor_s=0.2) == 0


def burn():
    """Work for ever, as a reader of files that has a handler for each of their errors."""
    with suppress(Exception):
        while True:
            hash(None)


def test_a_glance_is_given_up_between_steps_and_the_process_goes_on():
    """Fault 76. Break it: let the timer end the process, as a deadline does; its file pays."""
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(GlanceOverError), glance(0.05):
        burn()
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGVTALRM) is before


def test_what_needs_no_more_than_a_glance_is_none_the_wiser():
    for seconds in (None, 60):
        with glance(seconds):
            pass
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
