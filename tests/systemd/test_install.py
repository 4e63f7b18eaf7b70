"""`make install` into a root of its own: what is put where, what is kept, what goes again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.deadlines import scaled
from tests.support.forked import write_command

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "systemd" / "install.sh"


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A Python whose pip only says that it was asked: no index is needed."""
    folder = tmp_path_factory.mktemp("python")
    write_command(folder / "forked")  # the whole way, with an interpreter for each: `tests/package`
    program = folder / "python3"
    program.write_text(
        f"""#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
case "$*" in
    "-m venv --without-pip "*)
        mkdir -p "$4/bin" "$4/lib" && cp "$0" "$4/bin/python" && echo "home = x" >"$4/pyvenv.cfg" ;;
    "-c import ensurepip" | "-m ensurepip "*) ;;
    "-m pip "*)
        printf '#!%s/python\\n' "$here" >"$here/inboxray"
        chmod 755 "$here/inboxray"
        echo "$*" >>"$here/asked" ;;
    "-m compileall "*) ;;
    "-m daemon "*) shift 2 && exec {folder}/forked/inboxray "$@" ;;
    *) exec {sys.executable} "$@" ;;
esac
"""
    )
    program.chmod(0o755)
    return program


def call(action, destination, python, **more):
    environment = os.environ | {"DESTDIR": str(destination), "PYTHON": str(python), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["sh", SCRIPT, action],
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=scaled(100),
        check=False,
    )


def listed(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def installed(tmp_path, python):
    for program in ("systemd-sysusers", "systemd-tmpfiles"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    (tmp_path / "etc").mkdir()
    end = call("install", tmp_path, python)
    assert end.returncode == 0, end.stdout + end.stderr
    assert "Failed to parse ACL" not in end.stderr
    return tmp_path, end.stdout


def test_everything_is_in_its_place_and_nothing_was_started(installed):
    root, shown = installed
    assert {
        "opt/inboxray/bin/inboxray",
        "opt/inboxray/share/inboxray/inboxray.toml",
        "opt/inboxray/share/inboxray/inboxray-page.tmpfiles",
        "opt/inboxray/share/inboxray/postgresql-roles.sql",
        "opt/inboxray/share/inboxray/monitoring/alerts.yml",
        "opt/inboxray/share/inboxray/monitoring/dashboard.json",
        "opt/inboxray/share/inboxray/service.sh",
        "usr/local/share/man/man1/inboxray.1",
        "usr/local/share/bash-completion/completions/inboxray",
        "usr/local/share/zsh/site-functions/_inboxray",
        "usr/local/share/fish/vendor_completions.d/inboxray.fish",
        "etc/systemd/system/inboxray.service",
        "etc/systemd/system/inboxray@.service",
        "etc/systemd/system/inboxray-page.service",
        "etc/systemd/system/inboxray-scheduler.service",
        "etc/systemd/system/inboxray-worker.service",
        "etc/systemd/system/inboxray-receive.service",
        "etc/systemd/system/inboxray-receive.socket",
        "etc/systemd/system/inboxray-send.service",
        "usr/lib/sysusers.d/inboxray.conf",
        "usr/lib/tmpfiles.d/inboxray.conf",
        "etc/inboxray/inboxray.toml",
    } <= listed(root)
    assert (root / "usr/local/bin/inboxray").readlink() == Path("/opt/inboxray/bin/inboxray")
    assert "nothing was started" in shown
    assert "/etc/systemd/system/inboxray@.service" in shown
    assert "the ACL of the inbox is set when" in shown
    assert (root / "opt/inboxray/bin/inboxray").read_text() == "#!/opt/inboxray/bin/python\n"
    asked = (root / "opt/inboxray/bin/asked").read_text()
    assert f"-c {ROOT}/requirements.lock {ROOT}[postgres,page]" in asked


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes other people's folders")
def test_the_user_and_the_folders_are_made(installed):
    root, _ = installed
    assert "inboxray-drop" in (root / "etc/group").read_text()
    assert oct((root / "var/lib/inboxray/inbox").stat().st_mode & 0o7777) == "0o2770"


def test_the_same_again_keeps_your_settings_and_replaces_the_rest(installed, python):
    root, _ = installed
    (root / "etc/inboxray/inboxray.toml").write_text("batch_size = 8\n")
    (root / "etc/systemd/system/inboxray.service").write_text("old")
    assert call("install", root, python).returncode == 0
    assert (root / "etc/inboxray/inboxray.toml").read_text() == "batch_size = 8\n"
    assert (
        "ExecStart=/opt/inboxray/bin/inboxray run"
        in (root / "etc/systemd/system/inboxray.service").read_text()
    )


def test_uninstalling_takes_the_program_and_leaves_what_is_yours(installed, python):
    root, _ = installed
    spool = root / "var/lib/inboxray"
    spool.mkdir(parents=True, exist_ok=True)
    (spool / "results.db").write_text("rows")
    end = call("uninstall", root, python)
    assert end.returncode == 0, end.stderr
    assert "Kept: /var/lib/inboxray" in end.stdout
    assert not (root / "opt/inboxray").exists()
    left = {name for name in listed(root) if "inboxray" in name}
    assert not (root / "usr/local/bin/inboxray").is_symlink()
    assert left == {"var/lib/inboxray/results.db", "etc/inboxray/inboxray.toml"}
    assert call("uninstall", root, python).returncode == 0


def test_another_prefix_is_in_the_units_too(tmp_path, python):
    (tmp_path / "etc").mkdir()
    assert call("install", tmp_path, python, PREFIX="/srv/xray").returncode == 0
    units = tmp_path / "etc/systemd/system"
    assert "ExecStart=/srv/xray/bin/inboxray run" in (units / "inboxray.service").read_text()
    assert "--create /srv/xray/share/inboxray/inboxray-page" in (units / "inboxray-page.service").read_text()
    assert [unit.name for unit in units.iterdir() if "/opt/inboxray" in unit.read_text()] == []


def test_a_root_may_be_named_by_a_relative_path(tmp_path, python):
    relative = os.path.relpath(tmp_path / "root", ROOT)
    end = subprocess.run(
        ["sh", SCRIPT, "files"],
        cwd=ROOT,
        env=os.environ | {"DESTDIR": relative, "PYTHON": str(python), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=scaled(100),
        check=False,
    )
    assert end.returncode == 0, end.stderr
    program = tmp_path / "root" / "opt" / "inboxray" / "bin" / "inboxray"
    assert program.read_text() == "#!/opt/inboxray/bin/python\n"


def test_a_folder_that_is_no_installation_is_not_removed(tmp_path, python):
    mine = tmp_path / "opt" / "inboxray" / "mine"
    mine.parent.mkdir(parents=True)
    mine.write_text("")
    assert call("uninstall", tmp_path, python).returncode == 0
    assert mine.exists()


def test_a_prefix_that_is_no_path_is_refused(tmp_path, python):
    for prefix in ("/", "here", "/opt/in|box", "/opt/in box"):
        end = call("uninstall", tmp_path, python, PREFIX=prefix)
        assert end.returncode == 1
        assert "PREFIX" in end.stderr


def test_a_command_of_another_program_stays(tmp_path, python):
    other = tmp_path / "usr/local/bin/inboxray"
    other.parent.mkdir(parents=True)
    other.write_text("mine")
    end = call("files", tmp_path, python)
    assert end.returncode == 0, end.stderr
    assert "is another program, and stays" in end.stdout
    assert call("uninstall", tmp_path, python).returncode == 0
    assert other.read_text() == "mine"


def test_a_package_has_its_files_where_its_system_wants_them(tmp_path, python):
    places = {"UNITS": "/usr/lib/systemd/system", "SHARE": "/usr/share", "BIN": "/usr/bin"}
    assert call("files", tmp_path, python, **places).returncode == 0
    assert {
        "usr/lib/systemd/system/inboxray.service",
        "usr/share/man/man1/inboxray.1",
        "usr/share/bash-completion/completions/inboxray",
    } <= listed(tmp_path)
    assert (tmp_path / "usr/bin/inboxray").is_symlink()
    assert not (tmp_path / "usr/local").exists()
    assert not (tmp_path / "etc").exists()


def test_the_services_user_can_read_what_a_root_with_a_strict_umask_installs(tmp_path, python):
    earlier = os.umask(0o077)
    try:
        assert call("files", tmp_path, python).returncode == 0
    finally:
        os.umask(earlier)
    closed = [
        path.relative_to(tmp_path)
        for path in tmp_path.rglob("*")
        if not path.is_symlink() and not path.stat().st_mode & 0o004
    ]
    assert closed == []
