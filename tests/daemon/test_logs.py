import json
import logging
import subprocess
import sys

import pytest

from daemon.logs import places
from tests.support.deadlines import scaled
from tests.support.shared import ROOT

CANARY = "Meyer^Anna"


def run(code, *, form="json", level="debug"):
    """Run code in a process whose logs are set up; give its lines on stderr."""
    script = (
        "import logging, threading, warnings, structlog\n"
        "from daemon.logs import configure\n"
        f"configure({level!r}, {form!r})\n"
        f"log, canary = structlog.get_logger(), {CANARY!r}\n" + code
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_an_event_is_one_json_line_whatever_its_values_hold():
    (line,) = run("log.info('scan', name='a\\nb\\x1b[31m\\u2028\\udcff', number=3)")
    event = json.loads(line)
    assert (event["event"], event["level"], event["name"], event["number"]) == (
        "scan",
        "info",
        "a\nb\x1b[31m\u2028\udcff",
        3,
    )
    assert event["timestamp"].endswith("Z")


def test_lines_below_the_level_are_not_written():
    lines = run(
        "for level in ('debug', 'info', 'warning', 'error'): log.log(getattr(logging, level.upper()), level)",
        level="warning",
    )
    assert [json.loads(line)["event"] for line in lines] == ["warning", "error"]


def test_text_is_for_people_and_without_colours_in_a_pipe():
    (line,) = run("log.info('scan', number=3)", form="text")
    assert "scan" in line
    assert "number=3" in line
    assert "\x1b" not in line


def test_text_has_its_fields_in_the_order_in_which_they_were_given():
    (line,) = run("log.info('scan', decision='uncertain', batch=1)", form="text")
    assert line.split()[-2:] == ["decision=uncertain", "batch=1"]


def test_a_pipe_is_json_by_itself():
    (line,) = run("log.info('scan')", form="auto")
    assert json.loads(line)["event"] == "scan"


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_error_is_its_class_its_code_and_its_places_never_its_message(form):
    """Fault 49: an OSError quotes the path of the scan."""
    (line,) = run(
        "try:\n"
        "    open('/nothing/' + canary)\n"
        "except OSError as error:\n"
        "    log.error('failed', exc_info=error)\n",
        form=form,
    )
    assert CANARY not in line
    assert "FileNotFoundError" in line
    assert "<string>" in line


def test_what_libraries_say_is_told_by_its_kind():
    (line,) = run(
        "logging.getLogger('pydicom').warning('patient %s', canary)\nlogging.getLogger('x').info(canary)"
    )
    event = json.loads(line)
    assert (event["event"], event["library"], event["library_level"]) == (
        "library_logged",
        "pydicom",
        "WARNING",
    )
    assert CANARY not in line


def test_a_thread_that_dies_says_so_and_quotes_nobody():
    (line,) = run("t = threading.Thread(target=open, args=('/' + canary,)); t.start(); t.join()")
    event = json.loads(line)
    assert (event["event"], event["error_class"]) == ("thread_died", "FileNotFoundError")
    assert CANARY not in line


def test_warnings_quote_nobody_either():
    (line,) = run("warnings.warn('value of ' + canary)")
    assert json.loads(line)["library"] == "py.warnings"
    assert CANARY not in line


def test_places_are_files_lines_and_functions_from_the_outside_in():
    def inner():
        raise ZeroDivisionError

    try:
        inner()
    except ZeroDivisionError as error:
        listed = places(error)
    assert [place.split(":")[0] for place in listed] == ["test_logs.py", "test_logs.py"]
    assert listed[-1].endswith(" inner")


def test_this_process_is_left_as_it_was():
    assert not any(type(handler).__name__ == "_KindOnly" for handler in logging.getLogger().handlers)


JOURNAL_PROGRAM = """
import os, sys
status = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{status.st_dev + int(sys.argv[1])}:{status.st_ino}"
from daemon import logs
import structlog
logs.configure("debug", "json")
log = structlog.get_logger()
log.debug("a"); log.info("b"); log.warning("c"); log.error("d")
"""


@pytest.mark.parametrize(("off_by", "priorities"), [(0, ["<7>", "<6>", "<4>", "<3>"]), (1, [""] * 4)])
def test_the_journal_gets_a_priority_before_each_line_and_nobody_else_does(off_by, priorities):
    end = subprocess.run(
        [sys.executable, "-c", JOURNAL_PROGRAM, str(off_by)],
        capture_output=True,
        text=True,
        check=True,
        timeout=scaled(60),
    )
    lines = end.stderr.splitlines()
    assert [line.partition("{")[0] for line in lines] == priorities
    assert [json.loads(line[line.index("{") :])["event"] for line in lines] == ["a", "b", "c", "d"]


def test_why_it_left_is_an_error_in_the_journal():
    program = (
        "import os; status = os.fstat(2); os.environ['JOURNAL_STREAM'] = f'{status.st_dev}:{status.st_ino}'\n"
        "from daemon.cli.program import main; main(['config', 'check', '--config', '/nowhere/inboxray.toml'])"
    )
    end = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=scaled(60), check=False
    )
    assert end.returncode == 78
    assert end.stderr.startswith("<3>inboxray: ")


def test_a_screen_takes_the_lines_without_what_it_shows_itself():
    """Break it: write past the screen, or write what it shows."""
    program = """
import io, structlog
from daemon.logs import configure
class Screen:
    lines, shown_otherwise = io.StringIO(), frozenset({"scan_recorded"})
configure("info", "json", Screen)
structlog.get_logger().info("scan_recorded")
structlog.get_logger().info("daemon_ready")
print(Screen.lines.getvalue(), end="")
"""
    end = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=scaled(60),
    )
    assert [json.loads(line)["event"] for line in end.stdout.splitlines()] == ["daemon_ready"]
    assert end.stderr == ""
