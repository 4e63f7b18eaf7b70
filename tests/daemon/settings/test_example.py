import re
import tomllib
from pathlib import Path

import pytest

from daemon.settings.example import example_toml
from daemon.settings.fields import Settings
from daemon.settings.sources import load_settings

SHIPPED = Path(__file__).resolve().parents[3] / "systemd" / "inboxray.toml"


def settings_in(text):
    """Give the lines that set something, without their #."""
    return [line[2:] for line in text.splitlines() if re.match(r"# [a-z_0-9]+ = ", line)]


def test_as_it_is_it_sets_nothing():
    assert tomllib.loads(example_toml()) == {}


def test_every_setting_stands_in_it_once_with_its_default():
    found = tomllib.loads("\n".join(settings_in(example_toml())))
    assert list(found) == list(Settings.model_fields)
    for key, field in Settings.model_fields.items():
        if field.default is not None and key != "spool":
            assert Settings(**{key: found[key]}).model_dump()[key] == field.default


@pytest.mark.parametrize("line", settings_in(example_toml()))
def test_each_line_is_sound_when_it_is_uncommented(line, tmp_path, monkeypatch):
    monkeypatch.delenv("INBOXRAY_SPOOL", raising=False)
    file = tmp_path / "inboxray.toml"
    file.write_text(line)
    load_settings(file)


def test_the_shipped_example_is_that_of_the_code():
    """After a changed setting: ``inboxray config example > systemd/inboxray.toml``."""
    assert SHIPPED.read_text(encoding="utf-8") == example_toml()
