import builtins

import pytest

from tests.support.forgotten import forget_modules

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


def test_certificates_are_made_and_named(tmp_path, call):
    end = call(tmp_path / "none", "cluster", "certificates", "--out", str(tmp_path / "c"), "ward-1")
    assert end.returncode == 0, end.stderr
    assert end.stdout.splitlines() == [
        str(tmp_path / "c" / name) for name in ("ca.pem", "ca-key.pem", "ward-1.pem", "ward-1-key.pem")
    ]


@pytest.mark.parametrize("names", [("../x",), ("ca",), ("a-key",), ("a", "a"), ("",)])
def test_a_name_is_that_of_a_file(tmp_path, call, names):
    end = call(tmp_path / "none", "cluster", "certificates", "--out", str(tmp_path / "c"), *names)
    assert end.returncode == 64
    assert not (tmp_path / "c").exists()


def test_a_worker_needs_a_scheduler(tmp_path, call):
    end = call(tmp_path / "none", "cluster", "worker")
    assert end.returncode == 78
    assert "dask_scheduler" in end.stderr


def test_a_scheduler_that_others_reach_needs_certificates(tmp_path, call):
    """Break it: listen without. Who connects has code run on each worker."""
    end = call(tmp_path / "none", "cluster", "scheduler", "--listen", "0.0.0.0:8786")
    assert end.returncode == 78
    assert "is not encrypted" in end.stderr


@pytest.mark.parametrize("listen", ["8786", "127.0.0.1:x", "127.0.0.1:99999", ":"])
def test_an_address_to_listen_at_has_a_port(tmp_path, call, listen):
    assert call(tmp_path / "none", "cluster", "scheduler", "--listen", listen).returncode == 64


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(tmp_path, call, monkeypatch):
    really = builtins.__import__

    def without(name, *arguments):
        if name.partition(".")[0] == "distributed":
            raise ModuleNotFoundError("No module named 'distributed'", name="distributed")
        return really(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    forget_modules(monkeypatch, "daemon.execution.dask")
    end = call(tmp_path / "none", "cluster", "worker")
    assert end.returncode == 78
    assert "a cluster needs distributed, which is not installed" in end.stderr
    assert "pip install" in end.stderr
