"""`run` and `once` where there is no spool yet; what they do with one is in `tests/daemon/service`."""

import os
import pty
import select
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from daemon.spool.folders import Spool, create
from tests.support.daemons import environment, inboxray, start
from tests.support.deadlines import scaled

QUESTION = "Make a new one?"


def at_a_terminal(spool, *arguments, answer=None, interrupt=False):
    """Run inboxray as a person does; give its exit code and what the terminal shows."""
    ours, theirs = pty.openpty()
    variables = environment(spool)
    del variables["INBOXRAY_SPOOL"]
    variables |= {"COLUMNS": "500", "TERM": "dumb"}
    words = ["--spool", str(spool), *arguments]
    with os.fdopen(theirs, "wb", buffering=0) as terminal:
        process = start(words, env=variables, stdin=terminal, stdout=terminal, stderr=terminal)
    try:
        shown = shown_until(ours, QUESTION) if answer or interrupt else ""
        if interrupt:
            interrupt_until_it_ends(process)
        elif answer:
            os.write(ours, answer.encode())
        return process.wait(scaled(60)), shown + shown_until(ours, None)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def interrupt_until_it_ends(process):
    """Send SIGINT as often as it takes: one just before the answer is read is seen only after it."""
    deadline = time.monotonic() + scaled(60)
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(scaled(5))


def shown_until(terminal, text):
    """Read until a text was shown, or the last of the processes has left."""
    shown = b""
    deadline = time.monotonic() + scaled(60)
    while text is None or text not in shown.decode():
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(shown.decode())
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # EIO
            break
    return shown.decode()


@pytest.mark.parametrize("command", ["run", "once"])
def test_on_a_terminal_a_spool_that_is_not_there_is_asked_for_and_no_leaves_nothing(tmp_path, command):
    create(Spool(tmp_path / "spool"))

    code, shown = at_a_terminal(tmp_path / "spol", command, answer="n\n")

    assert code == 66, shown
    assert f"There is no spool at {tmp_path}/spol, but there is {tmp_path}/spool. Make a new one?" in shown
    assert "--create" in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spool"]


def test_yes_makes_it_and_says_where_the_inbox_is(tmp_path):
    code, shown = at_a_terminal(tmp_path / "spool", "once", answer="y\n")

    assert code == 0, shown
    assert "spool_created" in shown
    assert f"{tmp_path}/spool/inbox" in shown  # between them stand colours
    assert (tmp_path / "spool" / "inbox").is_dir()


def test_with_create_nobody_is_asked(tmp_path):
    code, shown = at_a_terminal(tmp_path / "spool", "once", "--create")

    assert code == 0, shown
    assert QUESTION not in shown


def test_an_interruption_at_the_question_is_one(tmp_path):
    code, shown = at_a_terminal(tmp_path / "spool", "run", interrupt=True)

    assert code == 130, shown
    assert not (tmp_path / "spool").exists()


def test_without_a_terminal_it_is_made_and_the_log_warns_once(tmp_path):
    first, second = (inboxray(tmp_path / "spool", "once") for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    (line,) = [line for line in first.stderr.splitlines() if "spool_created" in line]
    assert '"level": "warning"' in line
    assert f'"inbox": "{tmp_path}/spool/inbox"' in line
    assert "spool_created" not in second.stderr
