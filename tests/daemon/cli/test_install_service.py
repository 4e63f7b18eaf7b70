import os

import pytest


def install(call, root, *more):
    return call(root, "install-service", "--destdir", str(root), "--prefix", "/opt/inboxray", *more)


def test_it_says_where_each_file_is_and_writes_no_data(tmp_path, call):
    end = install(call, tmp_path, "--files-only")
    assert (end.returncode, end.stdout) == (0, ""), end.stderr
    named = [line.partition(": ")[2] for line in end.stderr.splitlines() if line.startswith("inboxray: /")]
    assert len(named) > 12
    for place in named:
        path = tmp_path / place.partition(" -> ")[0][1:]
        assert path.exists() or path.is_symlink(), place
    unit = (tmp_path / "etc/systemd/system/inboxray.service").read_text()
    assert "ExecStart=/opt/inboxray/bin/inboxray run" in unit
    assert (tmp_path / "usr/local/share/man/man1/inboxray.1").read_text().startswith(".TH INBOXRAY 1")
    assert "the units start /opt/inboxray/bin/inboxray" in end.stderr


def test_uninstalling_takes_away_what_was_put_there(tmp_path, call):
    install(call, tmp_path, "--files-only")
    end = call(tmp_path, "uninstall-service", "--destdir", str(tmp_path), "--prefix", "/opt/inboxray")
    assert end.returncode == 0, end.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()] == []
    assert "the program stays in /opt/inboxray" in end.stderr


def test_a_prefix_that_a_unit_cannot_hold_is_73(tmp_path, call):
    end = call(tmp_path, "install-service", "--destdir", str(tmp_path), "--prefix", "/opt/in boxray")
    assert end.returncode == 73
    assert "PREFIX" in end.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="others are refused because they are not root")
def test_an_environment_that_the_unit_hides_is_refused(tmp_path, call):
    program = tmp_path / "bin" / "inboxray"
    program.parent.mkdir()
    program.touch(mode=0o755)
    end = call(tmp_path, "install-service", "--files-only", "--prefix", str(tmp_path))
    assert end.returncode == 73
    assert f"a service cannot start {tmp_path}" in end.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do this")
def test_only_root_installs_into_this_machine(tmp_path, call):
    end = call(tmp_path, "install-service")
    assert end.returncode == 73
    assert "only root may do this" in end.stderr
