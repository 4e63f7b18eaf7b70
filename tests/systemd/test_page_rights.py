"""What the page's user may read and what not: real users, folders by systemd's own tool, real processes."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="the extra `page` is not installed")

from tests.support.daemons import environment  # is there
from tests.support.deadlines import scaled
from tests.support.pages import RunningPage
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
DAEMON, PAGE, DROP, READ, CLERK, SEND = range(61_001, 61_007)
"""Users and groups that no machine has: nothing but numbers counts for the kernel."""
IDS = {
    "inboxray-drop": DROP,
    "inboxray-read": READ,
    "inboxray-page": PAGE,
    "inboxray-send": SEND,
    "inboxray": DAEMON,
}

LIBRARIES = {
    "PYTHONPATH": os.pathsep.join([str(ROOT), *(path for path in sys.path if "site-packages" in path)])
}
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-tmpfiles") is None,
    reason="only root makes other people's folders, by systemd-tmpfiles",
)


def as_user(user, *groups):
    return {"user": user, "group": user, "extra_groups": list(groups), "umask": 0o077}


@cache
def python():
    """Find a Python of this version that other users may start, and what it has to find."""
    for program in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        with suppress(OSError):
            words = [program, "-c", "import sqlite3, daemon.cli.page, uvicorn, pydantic"]
            if subprocess.run(words, **as_user(PAGE), env=LIBRARIES, cwd="/", check=False).returncode == 0:
                return program
    pytest.skip("other users cannot start this Python, or cannot read this checkout")


def run(who, *words, **more):
    return subprocess.run(
        [python(), *map(str, words)],
        **who,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=scaled(120),
        check=False,
        **more,
    )


def arrange(spool, *names):
    """Let systemd-tmpfiles do what a unit has it do, with this spool and these users."""
    rules = "\n".join((ROOT / "systemd" / name).read_text() for name in names)
    lines = [line for line in rules.splitlines() if re.search(r"/var/lib/inboxray[/ ]", line)]
    text = "\n".join(lines).replace("/var/lib/inboxray", "SPOOL")
    for name, number in IDS.items():
        text = re.sub(rf"(?<![\w/-]){name}(?![\w-])", str(number), text)
    assert "inboxray" not in text
    configuration = spool.with_name("tmpfiles.conf")
    configuration.write_text(text.replace("SPOOL", str(spool)) + "\n")
    subprocess.run(["systemd-tmpfiles", "--create", configuration], check=True, timeout=scaled(60))


@pytest.fixture
def spool():
    """A spool that a daemon of another user has, with a scan that a clerk dropped; in reach of all users."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        python()
        (folder / "spool").mkdir()
        arrange(folder / "spool", "inboxray.tmpfiles")
        yield folder / "spool"


def drop(spool, name):
    words = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    end = subprocess.run(
        [python(), "-c", words, str(spool / "inbox" / name)],
        **as_user(CLERK, DROP),
        input=png_bytes(1),
        check=False,
    )
    assert end.returncode == 0


def daemon(spool, *words):
    settings = environment(spool, settle_s=0.1, look_interval_ms=20) | {"TMPDIR": "/var/tmp"}  # noqa: S108
    return run(as_user(DAEMON, DROP, READ), "-m", "daemon", *words, env=settings | LIBRARIES)


class PageOfAnother(RunningPage):
    """A page that the user of its unit runs."""

    def start(self, log):
        return subprocess.Popen(
            [python(), "-m", "daemon", "page", "--listen", f"127.0.0.1:{self.port}"],
            **as_user(PAGE, DAEMON),
            env=self.environment | LIBRARIES | {"TMPDIR": "/var/tmp"},  # noqa: S108
            stdout=log,
            stderr=log,
            cwd="/",
        )


def picture_of(page, kind="picture.png"):
    link = page.ask().partition(b'href="/scan/')[2][:36].decode()
    return page.ask(f"/scan/{link}/1/{kind}")


def test_the_page_reads_rows_and_files_and_can_change_none(spool):
    drop(spool, "hand.png")
    end = daemon(spool, "once")
    assert end.returncode == 0, end.stderr
    arrange(spool, "inboxray-page.tmpfiles")
    attempt = (
        "import os, sys\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        os.close(os.open(path, os.O_RDWR)) if os.path.isfile(path) else os.listdir(path)\n"
        "        print('not refused:', path)\n"
        "    except PermissionError:\n"
        "        pass\n"
    )
    (stored,) = (spool / "done").rglob("*.png")
    closed = [spool / name for name in ("inbox", "claimed", "export", "results.db", "")] + [stored]
    assert run(as_user(PAGE, DAEMON), "-c", attempt, *closed).stdout == ""
    with PageOfAnother(spool) as page:  # while no daemon runs
        assert b"hand.png" in page.ask()
        assert b"No file is taken in now" in page.ask()
        assert b"\r\n\r\n\x89PNG" in picture_of(page)
        assert b"\r\n\r\n\xff\xd8" in picture_of(page, "thumbnail")  # the one that the daemon kept
        drop(spool, "wrist.png")
        assert daemon(spool, "once").returncode == 0
        wait_until(lambda: b"wrist.png" in page.ask(), what="the second scan")
    sides = [spool / f"results.db-{side}" for side in ("wal", "shm")]
    assert [side.stat().st_mode & 0o777 for side in sides] == [0o640, 0o640]
    with closing(
        sqlite3.connect(spool / "results.db")
    ) as connection:  # by root: as if the page had never been
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert [side.exists() for side in sides] == [False, False]
    end = run(as_user(PAGE, DAEMON), "-m", "daemon", "page", env=environment(spool) | LIBRARIES)
    assert end.returncode == 69  # which the unit starts again
    arrange(spool, "inboxray-page.tmpfiles")
    for day in (spool / "done").iterdir():
        day.chmod(0o700)  # as an earlier release made it
    with PageOfAnother(spool) as page:
        assert b"wrist.png" in page.ask()
        link = page.ask().partition(b'href="/scan/')[2][:36].decode()
        assert page.ask(f"/scan/{link}").startswith(b"HTTP/1.1 200 ")
        assert picture_of(page).startswith(b"HTTP/1.1 404 ")
        assert ".png" not in page.log.read_text()
    assert not [path for path in spool.rglob("*") if path.stat().st_uid == PAGE]
