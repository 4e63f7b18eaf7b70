"""What tests of several packages share."""

import gc
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
import structlog
from hypothesis import HealthCheck, settings

from daemon import logs
from tests.support import deadlines
from tests.support.forked import close_fork_server
from tests.support.leftovers import started_with
from tests.support.postgres import PostgresServer, new_server
from tests.support.skips import skips_by_reason
from tests.support.tensorflow import import_tensorflow
from tests.support.waiting import wait_until

settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a loaded machine is no failure
settings.load_profile("fixed")

for _signal in (signal.SIGINT, signal.SIGHUP):  # a job in the background ignores them, and so would daemons
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, signal.default_int_handler if _signal == signal.SIGINT else signal.SIG_DFL)

_T = TypeVar("_T")
_SECONDS_FOR_FULL = 3600
_TRAINING = "tests/model/lab/training/"
_LONGEST = (
    _TRAINING + "test_train.py",
    _TRAINING,
    "postgres",
    "tensorflow",
    "shared_daemon",
    "tests/faults/test_31_32_kills.py",
    "tests/daemon/network/receiving/test_server.py",
    "tests/daemon/execution/dask/test_small_cluster.py",
    "tests/daemon/test_every_file_ends.py",
    "tests/newcomer/test_environment.py",
    "tests/package/test_wheel.py",
    "tests/systemd/test_page_rights.py",
)
"""Groups of a quarter of a minute and more: begun late, one of them would run alone at the end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``pytest tests/faults --full`` run the faults at the size that the list of faults asks for."""
    parser.addoption("--full", action="store_true", help="the full number of each fault, for `make soak`")


@pytest.hookimpl(tryfirst=True)  # before pytest-timeout looks at its option
def pytest_configure(config: pytest.Config) -> None:
    """Measure how busy the machine is, once, and give each test its time by that; a full one an hour."""
    if deadlines.VARIABLE not in os.environ:  # workers have it from the process that started them
        workers = config.getoption("numprocesses", None) or 1
        os.environ[deadlines.VARIABLE] = f"{deadlines.measure_factor() * deadlines.crowding(workers):.1f}"
    if config.option.timeout is None:
        seconds = _SECONDS_FOR_FULL if config.getoption("--full") else float(config.getini("timeout"))
        config.option.timeout = deadlines.scaled(seconds)


def pytest_report_header() -> str:
    """Say how long tests wait."""
    return f"time limits: x {deadlines.factor():.1f}, as much slower as a test is here and now than alone"


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group what shares a dear fixture, the longest first; scale the limits of tests that have their own."""
    groups = {item: _group(item) for item in items}
    places = {group: place for place, group in enumerate(_LONGEST)}
    items.sort(key=lambda item: (places.get(groups[item], len(places)), item.path))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item]))
        mark = item.get_closest_marker("timeout")
        if mark is not None:
            item.add_marker(pytest.mark.timeout(deadlines.scaled(mark.args[0])), append=False)


def pytest_collection_finish() -> None:
    """Let no search for garbage go through eight thousand tests again; Keras asks for one each training."""
    gc.collect()
    gc.freeze()


def _group(item: pytest.Item) -> str:
    """Say with which others a test goes to one worker: one server, one shared daemon, three of TensorFlow."""
    path = str(item.path.relative_to(item.config.rootpath))
    if path.startswith(_TRAINING) and item.get_closest_marker("tensorflow") is not None:
        return path if path in _LONGEST else _TRAINING
    for name in ("tensorflow", "postgres"):
        if item.get_closest_marker(name) is not None:
            return name
    for name in ("shared_daemon", "shared_hostile_daemon"):
        if name in getattr(item, "fixturenames", ()):
            return name
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, and why."""
    for line in skips_by_reason(terminalreporter.getreports("skipped")):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def size(pytestconfig: pytest.Config) -> Callable[[_T, _T], _T]:
    """Choose between the size of `make test` and that of the list of faults: ``size(60, 1000)``."""
    is_full = pytestconfig.getoption("--full")
    return lambda small, full: full if is_full else small


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Let no command that a test runs in this process send the lines of later tests to its own stream."""
    before, on_thread_death = structlog.get_config(), threading.excepthook
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)
        root = logging.getLogger()
        root.handlers = [one for one in root.handlers if type(one).__module__ != logs.__name__]
        root.setLevel(logging.WARNING)
        logging.captureWarnings(capture=False)
        threading.excepthook = on_thread_death


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what programs write into the folder of temporary files below that of pytest; none may live on."""
    folder = str(tmp_path_factory.mktemp("tmp", numbered=False))
    os.environ["TMPDIR"] = folder
    tempfile.tempdir = None  # it is asked for again
    yield
    close_fork_server()
    wait_until(lambda: not started_with(folder), timeout_s=30, what=f"the end of {started_with(folder)}")


@pytest.fixture(scope="session")
def tensorflow_on_all_cores() -> None:
    """Start TensorFlow before a test gives it fewer threads: that number stays, and trainings refuse it."""
    import_tensorflow().constant(1.0)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL, one a test process; a test that stops it starts it again."""
    server = new_server()
    yield server
    server.remove()
