import json
import sys
from functools import partial


def shown(call, spool, *arguments, **settings):
    end = call(spool, "config", "show", "--format", "json", *arguments, **settings)
    assert end.returncode == 0, end.stderr
    return {row["setting"]: (row["value"], row["source"]) for row in json.loads(end.stdout)}


def test_show_tells_where_each_value_comes_from(tmp_path, call):
    config = tmp_path / "a.toml"
    config.write_text("batch_size = 2\nsettle_s = 1\n")
    values = shown(call, tmp_path, "--config", str(config), settle_s=2)
    assert (2, f"file {config}") == values["batch_size"]
    assert values["settle_s"] == (2, "environment INBOXRAY_SETTLE_S")
    assert values["sweep_s"] == (30, "default")


def test_show_masks_the_password(tmp_path, call):
    end = call(tmp_path, "config", "show", database_url="postgresql://me:hunter2@host/x")
    assert "postgresql://me:***@host/x" in end.stdout
    assert "hunter2" not in end.stdout + end.stderr


def test_check_is_0_for_what_can_work_and_changes_nothing(tmp_path, call):
    end = call(tmp_path / "spool", "config", "check")
    assert (end.returncode, end.stdout) == (0, ""), end.stderr
    assert "the settings are sound" in end.stderr
    assert not (tmp_path / "spool").exists()


def test_check_is_78_and_names_the_setting(tmp_path, call):
    end = call(tmp_path, "config", "check", batch_size="many", model=tmp_path)
    assert end.returncode == 78
    assert "INBOXRAY_BATCH_SIZE" in end.stderr
    assert call(tmp_path, "config", "check", model=tmp_path).returncode == 78


def test_check_opens_the_engine(tmp_path, call, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as if it were not installed
    end = call(tmp_path, "config", "check", engine="tensorflow")
    assert end.returncode == 78
    assert "TensorFlow is not installed" in end.stderr


def test_check_tries_the_sandbox_and_is_69_where_it_does_not_hold(tmp_path, call, monkeypatch):
    from daemon.decoding import sandbox_report

    whole = sandbox_report.try_sandbox().is_whole
    end = call(tmp_path / "spool", "config", "check", "--sandbox", "--format", "json")
    assert end.returncode == (0 if whole else 69), end.stderr
    assert {row["check"]: row["holds"] for row in json.loads(end.stdout)}["seccomp"]

    monkeypatch.setattr(sandbox_report, "try_sandbox", partial(sandbox_report.try_sandbox, is_confined=False))
    end = call(tmp_path / "spool", "config", "check", "--sandbox", "--format", "json")
    assert end.returncode == 69
    assert not any(row["holds"] for row in json.loads(end.stdout))
