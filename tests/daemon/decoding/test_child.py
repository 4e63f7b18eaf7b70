"""A child that was broken into says whatever it likes; its daemon takes an answer, or ends it."""

import os
import signal
import socket
import stat
import struct
import threading
from dataclasses import replace

import psutil
import pytest

from daemon.decoding.answer_format import read_decoded
from daemon.decoding.child import Child, ChildEndedError, Question
from daemon.decoding.convert import convert_file
from daemon.decoding.forkserver import server
from daemon.decoding.messages import MOST_PREVIEW_BYTES, Decoded, MalformedAnswerError, PictureRequest
from daemon.decoding.serve import ChildPlan
from daemon.decoding.wire import Kind
from tests.support.deadlines import scaled
from tests.support.limits import LIMITS
from tests.support.pictures import png_bytes


def say(content):
    """Send bytes over every channel that there is."""
    for descriptor in range(3, 4096):  # a busy process that forks has many
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, content)
        except OSError:
            continue


def say_what_the_file_holds(descriptor, limits, *request):
    say(os.pread(descriptor, 1000, 0))
    os._exit(3)


def crash(descriptor, limits):
    os.kill(os.getpid(), signal.SIGSEGV)


def answer(descriptor, limits):
    return Decoded(sha256="0" * 64)


FUNCTIONS = (say_what_the_file_holds, crash, answer, convert_file)


@pytest.fixture
def child():
    made = Child(server(), threading.Lock(), ChildPlan(2 << 30, FUNCTIONS))
    yield made
    made.end()


@pytest.fixture
def ask(child, tmp_path):
    """Ask the child about a file that holds some bytes."""

    def begin(function, content=b"", request=None):
        (tmp_path / "file").write_bytes(content)
        with (tmp_path / "file").open("rb") as file:
            question = Question(FUNCTIONS.index(function), file.fileno(), LIMITS, request, read_decoded)
            return child.ask(question, scaled(10))

    return begin


def test_it_answers_one_file_after_the_other(child, ask):
    assert [ask(answer).sha256 for _ in range(3)] == ["0" * 64] * 3
    assert child.answered == 3
    assert child.is_alive()


@pytest.mark.parametrize(
    "said",
    [
        b"\x80\x04cos\nsystem\n(S'true'\ntR.",
        struct.pack("<BIQ", Kind.ANSWER, 5, 0) + b"Meyer",
        struct.pack("<BIQ", Kind.READY, 0, 0),
        struct.pack("<BIQ", Kind.PICTURE, 4, 0) + struct.pack("<I", 1),
    ],
    ids=["pickle", "words", "begins again", "picture unasked"],
)
def test_what_is_no_answer_ends_it(child, ask, said):
    with pytest.raises(MalformedAnswerError):
        ask(say_what_the_file_holds, said)
    assert not child.is_alive()


@pytest.mark.parametrize("frames", [0, 8])
@pytest.mark.parametrize("excess", [0, 1])
def test_it_may_send_as_much_as_its_limits_say_and_no_byte_more(child, tmp_path, frames, excess):
    """Break it: let `_answer` take any array. A child fills the memory of its daemon then.

    It announces the bytes and ends: taken is what its daemon waits for, malformed what it does not wait for.
    """
    limits = replace(LIMITS, preview_frames=frames)
    most = 2 * limits.pixels.max_frames * 224**2 + frames * MOST_PREVIEW_BYTES
    (tmp_path / "file").write_bytes(struct.pack("<BIQ", Kind.ANSWER, 0, most + excess))
    with (tmp_path / "file").open("rb") as file:
        number = FUNCTIONS.index(say_what_the_file_holds)
        question = Question(number, file.fileno(), limits, None, read_decoded)
        with pytest.raises(MalformedAnswerError if excess else ChildEndedError):
            child.ask(question, scaled(10))


@pytest.mark.parametrize("number", [0, LIMITS.pixels.max_frames + 1])
def test_it_gets_a_file_for_no_picture_that_a_scan_cannot_have(child, ask, tmp_path, number):
    said = struct.pack("<BIQ", Kind.PICTURE, 4, 0) + struct.pack("<I", number)
    with pytest.raises(MalformedAnswerError):
        ask(say_what_the_file_holds, said, PictureRequest(os.fsencode(tmp_path / "out"), 16, None))
    assert not (tmp_path / "out").exists()


def test_it_writes_pictures_to_files_that_it_is_given_and_learns_no_name(ask, tmp_path):
    request = PictureRequest(os.fsencode(tmp_path / "out"), 16, None)

    assert ask(convert_file, png_bytes(1), request).outcome is None
    assert (tmp_path / "out" / "0001.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_takes_no_picture_is_said(ask, tmp_path):
    (tmp_path / "out").write_bytes(b"in the way")
    done = ask(convert_file, png_bytes(1), PictureRequest(os.fsencode(tmp_path / "out"), 16, None))

    assert (done.error_code, done.warnings) == ("cannot_write", ("ENOTDIR",))


def test_how_it_ended_is_known(child, ask):
    with pytest.raises(ChildEndedError) as caught:
        ask(crash)

    assert caught.value.exitcode == child.end() == -signal.SIGSEGV


def test_an_end_is_an_end(child):
    assert child.end() in (0, -signal.SIGKILL)  # it leaves by itself where its channel is closed
    assert child.end() == child.end()
    assert not psutil.pid_exists(child.pid) or psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE


def test_it_has_its_channel_and_its_daemon_s_and_no_other_descriptor(child):
    held = [os.readlink(f"/proc/{child.pid}/fd/{name}") for name in os.listdir(f"/proc/{child.pid}/fd")]

    assert sum(one.startswith("socket:") for one in held) == 1
    assert sum(one.startswith("pipe:") for one in held) == 1
    assert {one for one in held if one[0] == "/"} <= {os.devnull}
    assert isinstance(child._channel, socket.socket)


def test_it_has_nothing_in_its_environment(child, monkeypatch):
    assert not any(psutil.Process(child.pid).environ().values())


def test_a_plan_is_confined_unless_a_test_says_otherwise():
    assert ChildPlan(1, ()).is_confined
    assert not replace(ChildPlan(1, ()), is_confined=False).is_confined
