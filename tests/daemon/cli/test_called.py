import sys

import pytest

from daemon.cli.called import as_called, with_commands_as_called


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Put a program of our name where a shell finds it."""
    program = tmp_path / "inboxray"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_what_a_shell_finds_is_called_by_its_name(found, monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(found)])
    assert as_called() == "inboxray"


@pytest.mark.parametrize(
    ("called", "words"),
    [
        (".venv/bin/inboxray", ".venv/bin/inboxray"),
        ("/opt/a b/inboxray", "'/opt/a b/inboxray'"),
        ("/somewhere/daemon/__main__.py", "inboxray"),
    ],
)
def test_another_is_called_by_its_path_and_a_module_by_the_name(found, monkeypatch, called, words):
    monkeypatch.setattr(sys, "argv", [called])
    assert as_called() == words


def test_only_commands_of_a_message_are_written_so(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bin/inboxray"])
    monkeypatch.setenv("PATH", "/nowhere")
    message = "inboxray is away; start `inboxray run`, or ask `inboxray status`"
    expected = "inboxray is away; start `bin/inboxray run`, or ask `bin/inboxray status`"
    assert with_commands_as_called(message) == expected


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["--config", "a b.toml", "explain", "x"], "--config 'a b.toml'"),
        (["explain", "--config=a.toml", "x"], "--config a.toml"),
        (["--config", "a.toml", "explain", "x", "--config", "b.toml"], "--config b.toml"),
        (
            ["--database-url", "postgresql://reader@db/x", "explain"],
            "--database-url postgresql://reader@db/x",
        ),
        (["--database-url", "postgresql://reader:secret@db/x", "explain"], ""),
        (["--database-url", "postgresql://db/x?user=me&password=secret", "explain"], ""),
        (["--spool", "here", "explain", "--", "--config", "x"], ""),
        (["explain", "--config"], ""),
    ],
)
def test_it_is_called_again_on_the_same_settings(monkeypatch, typed, words):
    """Break it: leave --config out. The copied command asked the database of other settings."""
    monkeypatch.setattr(sys, "argv", ["bin/inboxray", *typed])
    monkeypatch.setenv("PATH", "/nowhere")
    assert as_called() == f"bin/inboxray {words}".strip()


def test_commands_of_a_message_have_the_spool_once(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bin/inboxray", "--config", "a.toml", "--spool", "here", "status"])
    monkeypatch.setenv("PATH", "/nowhere")
    message = "start it with `inboxray --spool /x/here run`, or see `inboxray results`; inboxray is away"
    expected = (
        "start it with `bin/inboxray --config a.toml --spool /x/here run`, or see "
        "`bin/inboxray --config a.toml --spool here results`; inboxray is away"
    )
    assert with_commands_as_called(message) == expected
