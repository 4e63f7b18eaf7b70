import os
from datetime import time
from pathlib import Path

import pytest

from daemon.errors import ConfigurationError
from daemon.settings import sources
from daemon.settings.fields import Settings


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.upper().startswith("INBOXRAY_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read_settings(config=None, overrides=None):
    """Read them as if the machine's own file lay here, and not in ``/etc``."""
    return sources.read_settings(config, overrides, system_config=Path("etc/inboxray.toml").absolute())


def load_settings(config=None, overrides=None):
    return read_settings(config, overrides).settings


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(config=None, overrides=None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config, overrides)
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_nothing_set_means_a_spool_here_with_sqlite_in_it(tmp_path):
    settings = load_settings()
    assert tmp_path / "spool" == settings.spool
    assert f"sqlite:///{tmp_path}/spool/results.db" == settings.database()


def test_file_then_environment_then_option(tmp_path, monkeypatch):
    config = write(tmp_path / "a.toml", "batch_size = 2\nsettle_s = 2\nsweep_s = 2\n")
    monkeypatch.setenv("INBOXRAY_SETTLE_S", "3")
    monkeypatch.setenv("INBOXRAY_SWEEP_S", "3")
    loaded = read_settings(config, {"sweep_s": 4, "spool": None})
    assert (
        loaded.settings.batch_size,
        loaded.settings.settle_s,
        loaded.settings.sweep_s,
    ) == (2, 3.0, 4.0)
    assert f"file {config}" == loaded.sources["batch_size"]
    assert loaded.sources["settle_s"] == "environment INBOXRAY_SETTLE_S"
    assert loaded.sources["sweep_s"] == "option --sweep-s"
    assert loaded.sources["spool"] == "default"


def test_the_configuration_file_is_the_option_else_the_variable_else_the_systems(tmp_path, monkeypatch):
    write(tmp_path / "etc" / "inboxray.toml", "batch_size = 1\n")
    by_variable = write(tmp_path / "variable.toml", "batch_size = 2\n")
    by_option = write(tmp_path / "option.toml", "batch_size = 3\n")
    assert load_settings().batch_size == 1
    monkeypatch.setenv("INBOXRAY_CONFIG", str(by_variable))
    assert load_settings().batch_size == 2
    assert load_settings(by_option).batch_size == 3


@pytest.mark.parametrize("url", ["postgres://me@host/x", "postgresql://host/x", "sqlite:////srv/x.db"])
def test_a_database_url_is_passed_on_as_it_is(url, monkeypatch):
    monkeypatch.setenv("INBOXRAY_DATABASE_URL", url)
    assert url == load_settings().database()


def test_a_misspelt_key_is_refused_with_what_was_meant(tmp_path):
    message = refusal(write(tmp_path / "a.toml", "bach_size = 3\n"))
    assert "'bach_size'" in message
    assert "did you mean batch_size?" in message


def test_a_misspelt_variable_is_refused_with_what_was_meant(monkeypatch):
    monkeypatch.setenv("INBOXRAY_SPOL", "/srv")
    assert "INBOXRAY_SPOL; did you mean INBOXRAY_SPOOL?" in refusal()


def test_every_wrong_value_is_named_with_its_source_and_what_is_allowed(tmp_path, monkeypatch):
    config = write(tmp_path / "a.toml", "drift_bound = 11\n")
    monkeypatch.setenv("INBOXRAY_BATCH_SIZE", "many")
    message = refusal(config, {"engine": "abacus"})
    assert f"setting drift_bound (file {config}): at most 10.0 is wanted" in message
    assert "setting batch_size (environment INBOXRAY_BATCH_SIZE): a whole number is wanted" in message
    assert "setting engine (option --engine): 'litert' or 'tensorflow' is wanted" in message


def test_a_refused_url_is_not_quoted_because_it_may_hold_a_password(monkeypatch):
    monkeypatch.setenv("INBOXRAY_DATABASE_URL", "mysql://me:hunter2@host/x")
    message = refusal()
    assert "database_url" in message
    assert "hunter2" not in message


def test_no_password_in_what_a_settings_object_prints(monkeypatch):
    monkeypatch.setenv("INBOXRAY_DATABASE_URL", "postgresql://me:hunter2@host/x")
    settings = load_settings()
    assert "hunter2" not in repr(settings) + str(settings) + settings.masked_database()
    assert "hunter2" in settings.database()


@pytest.mark.parametrize("text", ['["*.bak", ".*"]', "*.bak, .*", "*.bak,.*,"])
def test_ignore_is_a_json_list_or_names_between_commas(text, monkeypatch):
    monkeypatch.setenv("INBOXRAY_IGNORE", text)
    assert load_settings().ignore == ("*.bak", ".*")


@pytest.mark.parametrize(("text", "expected"), [("03:30", time(3, 30)), ("off", None)])
def test_export_at_is_a_time_of_day_or_off(text, expected, tmp_path):
    assert expected == load_settings(write(tmp_path / "a.toml", f'export_at = "{text}"\n')).export_at


@pytest.mark.parametrize("text", ["25:00", "02:00Z", "every night"])
def test_export_at_is_nothing_else(text, monkeypatch):
    monkeypatch.setenv("INBOXRAY_EXPORT_AT", text)
    assert "setting export_at" in refusal()


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch):
    monkeypatch.setenv("INBOXRAY_DATABASE_URL", "")
    assert load_settings().database_url is None


def test_a_file_that_is_named_must_be_there(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("content", [b"batch_size = \n", b"\xff\xfe\n"])
def test_a_file_that_is_no_toml_is_refused(content, tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    assert "not valid TOML" in refusal(path)


def test_a_settings_object_reads_no_environment_and_does_not_change(monkeypatch):
    monkeypatch.setenv("INBOXRAY_BATCH_SIZE", "3")
    settings = Settings()
    assert settings.batch_size == 16
    with pytest.raises(ValueError, match="frozen"):
        settings.batch_size = 3


def test_a_credential_of_systemd_gives_the_url_and_the_environment_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_settings().sources["database_url"] == "default"  # it is no fault to have none
    (tmp_path / "inboxray.database_url").write_text("postgresql://me:secret@localhost/x\n")
    loaded = read_settings()
    assert loaded.settings.database() == "postgresql://me:secret@localhost/x"
    assert loaded.sources["database_url"] == "credential inboxray.database_url"
    monkeypatch.setenv("INBOXRAY_DATABASE_URL", "postgresql://other/x")
    assert load_settings().database() == "postgresql://other/x"


def test_a_credential_that_is_not_understood_is_told_without_a_word_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "inboxray.database_url").write_text("mysql://me:secret@localhost/x")
    with pytest.raises(ConfigurationError, match=r"credential inboxray\.database_url") as reported:
        load_settings()
    assert "secret" not in str(reported.value)
    (tmp_path / "inboxray.database_url").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_settings()


@pytest.mark.parametrize(
    "text", ["127.0.0.1:9477", "[::1]:9477", "localhost:1", "unix:/run/inboxray/metrics.sock"]
)
def test_metrics_are_served_to_this_machine(text, monkeypatch):
    monkeypatch.setenv("INBOXRAY_METRICS_LISTEN", text)
    assert load_settings().metrics_listen == text


@pytest.mark.parametrize(
    "text", ["0.0.0.0:9477", ":9477", "9477", "example.org:80", "127.0.0.1:0", "unix:relative"]
)
def test_metrics_are_served_to_nobody_else(text, monkeypatch):
    monkeypatch.setenv("INBOXRAY_METRICS_LISTEN", text)
    assert "metrics_listen" in refusal()


@pytest.mark.parametrize("text", ["12", "0", "1", "-1", "nan", "inf"])
def test_a_share_that_is_none_is_told_what_one_looks_like(monkeypatch, text):
    monkeypatch.setenv("INBOXRAY_PREVALENCE", text)
    assert "INBOXRAY_PREVALENCE): a share between 0 and 1 is wanted, such as 0.12 for 12 %" in refusal()


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("SETTLE_S", "5s", "a number of seconds is wanted, such as 5"),
        ("LOOK_INTERVAL_MS", "0.1s", "a whole number of milliseconds is wanted, such as 5"),
        ("DECODE_MEMORY_MB", "2GB", "a whole number of megabytes is wanted, such as 5"),
        ("BATCH_SIZE", "many", "a whole number is wanted"),
        ("EXPORT_AT", "25:00", "a time of day is wanted, such as 02:00, or off"),
    ],
)
def test_a_number_with_its_unit_is_told_which_unit_is_meant(monkeypatch, name, text, wanted):
    monkeypatch.setenv(f"INBOXRAY_{name}", text)
    assert refusal().endswith(f"(environment INBOXRAY_{name}): {wanted}")


def test_endings_of_markers_are_never_claimed_themselves(monkeypatch):
    monkeypatch.setenv("INBOXRAY_MARKER_SUFFIXES", ".ready, .md5")
    settings = load_settings()
    assert settings.marker_suffixes == (".ready", ".md5")
    assert {"*.ready", "*.md5"} < set(settings.never_claimed)


@pytest.mark.parametrize("text", ["ready", ".", '[""]', ".re*dy", "./x"])
def test_what_is_no_ending_of_a_name_is_refused(monkeypatch, text):
    monkeypatch.setenv("INBOXRAY_MARKER_SUFFIXES", text)
    assert "endings of names" in refusal()
