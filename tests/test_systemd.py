"""The units are sound and as hard as promised, and the user, groups and folders that they need are made."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.deadlines import scaled

SYSTEMD = Path(__file__).resolve().parents[1] / "systemd"
DAEMONS = ("inboxray.service", "inboxray@.service")
PAGE = "inboxray-page.service"
CLUSTER = ("inboxray-scheduler.service", "inboxray-worker.service")
RECEIVER, SOCKET = "inboxray-receive.service", "inboxray-receive.socket"
SENDER = "inboxray-send.service"
UNITS = (*DAEMONS, PAGE, RECEIVER, *CLUSTER, SENDER)
MOST_EXPOSED = 1.0


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)


def installed(folder, *, version_knows_steps):
    """Lay the units out as the install notes do, with a program that is there."""
    shutil.copy(SYSTEMD / SOCKET, folder)
    for name in UNITS:
        text = (SYSTEMD / name).read_text().replace("/opt/inboxray/bin/inboxray", "/bin/true")
        (folder / name).write_text(text)
        if version_knows_steps:
            dropin = folder / f"{name}.d"
            dropin.mkdir()
            shutil.copy(SYSTEMD / "inboxray.service.d" / "restart-steps.conf", dropin)
    return [
        folder / "inboxray.service",
        folder / PAGE,
        folder / RECEIVER,
        folder / SOCKET,
        *(folder / name for name in CLUSTER),
        folder / SENDER,
        shutil.copy(folder / "inboxray@.service", folder / "inboxray@a.service"),
    ]


@pytest.mark.parametrize("name", UNITS)
def test_no_core_of_a_process_with_pictures_is_written(name):
    assert "LimitCORE=0" in (SYSTEMD / name).read_text().splitlines()


@pytest.fixture(scope="module")
def analyze():
    """Give systemd's own judge, and its version."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    version = int(run(program, "--version").stdout.split()[1])
    return program, version


def test_the_units_are_sound(tmp_path, analyze):
    program, version = analyze
    for unit in installed(tmp_path, version_knows_steps=version >= 254):
        end = run(program, "verify", "--man=no", str(unit))
        assert (end.returncode, end.stdout + end.stderr) == (0, "")


@pytest.mark.parametrize("name", UNITS)
def test_the_units_are_hardened(name, analyze):
    program, version = analyze
    if version < 250:
        pytest.skip("this systemd-analyze cannot judge a unit that is not loaded")
    end = run(program, "security", "--offline=true", "--no-pager", str(SYSTEMD / name))
    exposed = re.search(r"exposure level for \S+: ([\d.]+)", end.stdout)
    assert exposed is not None, end.stderr
    assert float(exposed[1]) <= MOST_EXPOSED


def settings(name):
    lines = (SYSTEMD / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_two_units_differ_in_names_only():
    one, several = (settings(name) for name in DAEMONS)
    own = [line for line in several if "%i" in line]
    assert [line for line in several if line not in own] == [
        line for line in one if "/var/lib/inboxray" not in line and not is_named(line)
    ]


def is_named(line):
    return line.startswith(("Description=", "StateDirectory=", "LoadCredential="))


def test_it_is_started_again_for_ever_but_not_with_a_wrong_setting():
    assert "Type=notify" in settings("inboxray.service")
    for unit in UNITS:
        assert {
            "Restart=on-failure",
            "StartLimitIntervalSec=0",
            "RestartPreventExitStatus=64 78",
        } <= set(settings(unit))


def test_the_page_is_shut_in_as_the_daemon_is_and_has_nothing_to_write():
    """Break it: give it a folder of its own, or the daemon's user. Then what reads can write, too."""
    restrictions = settings("inboxray.service")
    restrictions = restrictions[restrictions.index("NoNewPrivileges=yes") : restrictions.index("[Install]")]
    page = settings(PAGE)
    assert set(restrictions) <= set(page)
    assert "User=inboxray-page" in page
    assert not [line for line in page if line.startswith(("StateDirectory", "ReadWritePaths", "BindPaths"))]
    assert [line for line in page if line.startswith("ExecStart=")] == [
        "ExecStart=/opt/inboxray/bin/inboxray page $PAGE_OPTIONS"
    ]


def test_the_receiver_is_shut_in_as_the_daemon_is_and_writes_to_the_inbox_alone():
    """Break it: let it write to the spool. Who takes it over then reads what was answered."""
    restrictions = settings("inboxray.service")
    restrictions = restrictions[restrictions.index("NoNewPrivileges=yes") : restrictions.index("[Install]")]
    receiver = settings(RECEIVER)
    assert set(restrictions) <= set(receiver)
    assert "User=inboxray-receive" in receiver
    writes = ("StateDirectory", "ReadWritePaths", "BindPaths", "SupplementaryGroups")
    assert [line for line in receiver if line.startswith(writes)] == [
        "SupplementaryGroups=inboxray-drop",
        "ReadWritePaths=/var/lib/inboxray/inbox",
    ]


def test_the_sender_is_shut_in_as_the_daemon_is_and_writes_to_the_outbox_alone():
    """Break it: let it write to the spool. Who takes it over then changes what was answered."""
    restrictions = settings("inboxray.service")
    restrictions = restrictions[restrictions.index("NoNewPrivileges=yes") : restrictions.index("[Install]")]
    sender = settings(SENDER)
    assert set(restrictions) <= set(sender)
    assert "User=inboxray-send" in sender
    writes = ("StateDirectory", "ReadWritePaths", "BindPaths")
    assert [line for line in sender if line.startswith(writes)] == ["ReadWritePaths=/var/lib/inboxray/outbox"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users and other people's folders")
def test_users_groups_and_folders_are_made_in_an_image(tmp_path):
    """In a root of its own, as an image builder would: this machine's users stay as they are."""
    for program in ("systemd-sysusers", "systemd-tmpfiles"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    (tmp_path / "etc").mkdir()
    (tmp_path / "var" / "lib" / "inboxray-ward").mkdir(parents=True)
    (tmp_path / "var" / "lib" / "inboxray-ward" / "inbox").mkdir(mode=0o770)
    made = run("systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "inboxray.sysusers"))
    assert made.returncode == 0, made.stderr
    groups = dict(
        line.split(":")[0::3] for line in (tmp_path / "etc" / "group").read_text().splitlines() if line
    )
    assert groups["inboxray-read"] == "inboxray"
    assert set(groups["inboxray-drop"].split(",")) == {"inboxray", "inboxray-receive"}
    assert set(groups["inboxray"].split(",")) == {"inboxray-page", "inboxray-send"}
    made = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", str(SYSTEMD / "inboxray.tmpfiles"))
    assert made.returncode == 0, made.stderr
    modes = {
        name: oct((tmp_path / "var" / "lib" / name).stat().st_mode & 0o7777)
        for name in (
            *("inboxray", "inboxray/inbox", "inboxray/export", "inboxray/done", "inboxray/failed"),
            *("inboxray/previews", "inboxray/outbox", "inboxray-ward/inbox"),
        )
    }
    assert modes == {
        "inboxray": "0o711",
        "inboxray/inbox": "0o2770",
        "inboxray/export": "0o2750",
        "inboxray/done": "0o750",
        "inboxray/failed": "0o750",
        "inboxray/previews": "0o2750",
        "inboxray/outbox": "0o700",
        "inboxray-ward/inbox": "0o2770",
    }


@pytest.mark.parametrize("unit", UNITS)
def test_units_let_children_shut_themselves_in(unit):
    """Break it: allow `@system-service` alone. On Debian 12 the service is refused Landlock then."""
    lines = re.findall(r"^SystemCallFilter=(.*)$", (SYSTEMD / unit).read_text(), re.MULTILINE)
    landlock = {f"landlock_{call}" for call in ("create_ruleset", "add_rule", "restrict_self")}
    assert landlock | {"seccomp"} <= set(lines[0].split())
    assert all(line.startswith("~") for line in lines[1:])
