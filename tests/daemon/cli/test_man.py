import re
import shutil
import subprocess

import pytest
import typer

from daemon.cli.man import manual_page
from daemon.cli.program import app
from daemon.settings.fields import Settings


def commands(group, path):
    """Name every command with its groups before it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


@pytest.fixture(scope="module")
def page():
    return manual_page(app())


def test_every_command_and_every_setting_is_in_it(page):
    read = page.replace("\\-", "-")
    named = list(commands(typer.main.get_command(app()), "inboxray"))
    assert len(named) > 20
    for name in named:
        assert re.search(rf'^\.SS "{name}( |")', read, re.MULTILINE), name
    for name in Settings.model_fields:
        assert f"\\fB{name}\\fR" in read


def test_it_says_what_each_exit_code_means(page):
    codes = re.findall(r"^\.TP\n\\fB(\d+)\\fR$", page, re.MULTILINE)
    assert codes == ["0", "64", "65", "66", "69", "73", "74", "75", "78", "130"]


def test_no_line_is_taken_for_a_request_that_is_none(page):
    requests = {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert requests == {".TH", ".SH", ".SS", ".TP", ".PP", ".B"}


def test_man_reads_it_without_a_warning(page, tmp_path):
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    source = tmp_path / "inboxray.1"
    source.write_text(page)
    end = subprocess.run(
        ["man", "--warnings", "--local-file", str(source)], capture_output=True, text=True, check=False
    )
    assert (end.returncode, end.stderr) == (0, "")
    assert "User Commands" in end.stdout


def test_the_command_prints_it(tmp_path, call, page):
    end = call(tmp_path, "man")
    assert (end.returncode, end.stdout, end.stderr) == (0, page, "")
