import os
import subprocess
import sys
import tempfile

import psutil
import pytest

from daemon.decoding.forkserver import check_surroundings
from daemon.errors import ConfigurationError
from tests.support.daemons import RunningDaemon, environment
from tests.support.pictures import drop, png_bytes

EARLY = """
import os, sys
import psutil
from daemon.decoding.forkserver import server, start_early

def tell(pipe):
    pipe.send((os.umask(0), os.getppid()))

if __name__ == "__main__":
    os.umask(0o022)
    start_early()
    heavy = sorted({"numpy", "sqlalchemy", "pebble", "daemon.service.service"} & set(sys.modules))
    started = {one.pid for one in psutil.Process().children()}
    ours, theirs = server().Pipe()
    child = server().Process(target=tell, args=(theirs,))
    child.start()
    umask, parent = ours.recv()
    child.join()
    print(heavy, oct(os.umask(0)), oct(umask), parent in started)
"""

FIRST = """
import os, sys
import daemon.decoding.forkserver
late = "daemon.service.service"
daemon.decoding.forkserver.start_early = lambda: os._exit(43 if late in sys.modules else 42)
from daemon.cli import main
main()  # ends with 0 where nobody starts it early
"""


def test_it_starts_before_anything_heavy_is_imported_and_children_write_for_the_account_alone(tmp_path):
    script = tmp_path / "early.py"
    script.write_text(EARLY)

    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] 0o77 0o77 True"


@pytest.mark.parametrize("command", ["run", "once"])
def test_a_daemon_starts_it_before_its_own_imports(tmp_path, command):
    asked = subprocess.run(
        [sys.executable, "-c", FIRST, command],
        env=environment(tmp_path / "spool"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 42, asked.stderr


def test_children_do_not_know_where_the_service_manager_listens(tmp_path, monkeypatch):
    """They read hostile files, and could say that all is well."""
    secrets = {"NOTIFY_SOCKET": str(tmp_path / "manager"), "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    with RunningDaemon(tmp_path / "spool", fresh=True) as daemon:
        drop(daemon.inbox / "a.png", png_bytes(1))
        daemon.wait_for_rows(1)
        below = psutil.Process(daemon.process.pid).children(recursive=True)
        known = [set(one.environ()) & set(secrets) for one in below]

    assert len(known) >= 3  # the server, its tracker and a child
    assert known == [set()] * len(known)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes /dev/shm away from a process")
@pytest.mark.parametrize("command", [["once"], ["classify", "a.png"]])
def test_without_shared_memory_it_says_what_to_mount(tmp_path, command):
    """As in a container with --ipc=none; a mount namespace of its own, so that this machine keeps its own."""
    (tmp_path / "a.png").write_bytes(png_bytes(1))
    closed = (
        f'mount --types tmpfs --options ro,mode=555 none /dev/shm && exec {sys.executable} -m daemon "$@"'
    )
    end = subprocess.run(
        ["unshare", "--mount", "sh", "-c", closed, "sh", *command],
        cwd=tmp_path,
        env=environment(tmp_path / "spool") | {"PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in end.stderr or "mount:" in end.stderr:
        pytest.skip("no mount namespace is allowed here")
    assert end.returncode == 78, end.stderr
    assert "mount a tmpfs at /dev/shm" in end.stderr


def test_without_a_folder_for_temporary_files_it_says_what_to_mount(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "none")])
    with pytest.raises(ConfigurationError, match="--tmpfs /tmp"):
        check_surroundings()
