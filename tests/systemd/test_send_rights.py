"""What the sender's user may do: real users, folders by systemd's own tool, real processes."""

import os
import subprocess

import pytest

pytest.importorskip("highdicom", reason="the extra `pacs` is not installed")

from pydicom import dcmread  # is there

from tests.support.daemons import environment
from tests.support.dicom_files import image, to_bytes
from tests.support.radiographs import radiograph
from tests.systemd import test_page_rights as rights

pytestmark = rights.pytestmark
spool = rights.spool
WHO = rights.as_user(rights.SEND, rights.DAEMON)
ATTEMPT = """
import os, sys
for path in sys.argv[2:]:
    try:
        if sys.argv[1] == "read":
            os.listdir(path) if os.path.isdir(path) else os.close(os.open(path, os.O_RDONLY))
        elif os.path.isdir(path):
            os.mkdir(path + "/mine")
        else:
            os.close(os.open(path, os.O_RDWR))
        print("not refused:", path)
    except PermissionError:
        pass
"""


def send(spool, *words, **settings):
    env = environment(spool, dicom_results="sr", **settings) | rights.LIBRARIES
    return rights.run(WHO, "-m", "daemon", *words, env=env | {"TMPDIR": "/var/tmp"})  # noqa: S108


def test_the_sender_reads_what_was_answered_and_writes_to_the_outbox_alone(spool):
    """Break it: give the outbox to the daemon's user. The sender then ends with 73, and sends nothing."""
    there = spool.with_name("archive")
    there.mkdir()
    os.chown(there, rights.SEND, rights.SEND)
    destination = f"file://{there}"
    assert send(spool, "send", "--once", send_to=destination).returncode == 0, "what comes later is sent"
    dropped = spool / "inbox" / "hand.dcm"
    dropped.write_bytes(
        to_bytes(image(radiograph(1), PatientID="P1", StudyInstanceUID="1.2", SeriesInstanceUID="1.3"))
    )
    os.chown(dropped, rights.CLERK, rights.DROP)
    dropped.chmod(0o660)
    assert rights.daemon(spool, "once").returncode == 0
    rights.arrange(spool, "inboxray-page.tmpfiles")

    end = send(spool, "send", "--once", send_to=destination)
    assert end.returncode == 0, end.stderr
    assert "confirmed: 1" in end.stderr
    (sent,) = there.glob("*.dcm")
    assert dcmread(sent).PatientID == "P1"
    seen = send(spool, "outbox", "--check", send_to=destination)
    assert seen.returncode == 0, seen.stderr

    closed = [spool / name for name in ("inbox", "claimed", "export")]
    (stored,) = (spool / "done").rglob("*.dcm")
    fixed = [spool, spool / "done", stored.parent, stored, spool / "results.db"]
    assert rights.run(WHO, "-c", ATTEMPT, "read", *closed).stdout == ""
    assert rights.run(WHO, "-c", ATTEMPT, "write", *closed, *fixed).stdout == ""
    others = [path for path in spool.rglob("*") if path.stat().st_uid == rights.SEND]
    assert {path.relative_to(spool).parts[0] for path in others} == {"outbox"}
    read = rights.run(rights.as_user(rights.PAGE, rights.DAEMON), "-c", ATTEMPT, "read", spool / "outbox")
    assert read.stdout == "", "results name patients: the page's user does not see them there"
    assert (
        subprocess.run(
            ["find", spool / "outbox", "-perm", "/077", "-type", "d"], capture_output=True, check=True
        ).stdout
        == b""
    )
