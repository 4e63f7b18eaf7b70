"""The demo's settings are a file that the program takes.

Break it: misspell a setting in the file, or leave the chests in.
"""

from daemon.demo.settings import options, write_settings
from daemon.settings.sources import load_settings


def test_the_program_takes_them_and_they_leave_chests_out(tmp_path):
    write_settings(tmp_path)
    named = dict(zip(*[iter(options(tmp_path))] * 2, strict=True))
    settings = load_settings(tmp_path / "demo.toml", {"spool": named["--spool"]})
    assert named["--config"] == str(tmp_path / "demo.toml")
    assert settings.exclude_body_parts == ("CHEST",)
    assert settings.spool == tmp_path
