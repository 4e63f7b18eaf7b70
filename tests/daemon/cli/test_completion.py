"""The shells themselves are asked, where they are installed."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.support.deadlines import scaled
from tests.support.forked import write_command
from tests.support.shared import ROOT

BASH = """
eval "$(inboxray completion bash)"
COMP_WORDS=({words}); COMP_CWORD={last}
_inboxray_completion inboxray
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

# zsh completes for a terminal alone: what its completion hands to _arguments is looked at.
ZSH = """
compdef() {{ : }}
_arguments() {{ print -r -- "$@" }}
fpath=({folder} $fpath)
autoload -U _inboxray
words=({words}); CURRENT={last}
_inboxray
"""


RE = ["receive", "results", "report", "review", "requeue", "resend", "rehearse"]


@pytest.fixture
def shell(tmp_path):
    """Run a script in a shell that finds this inboxray."""
    write_command(tmp_path / "bin")
    variables = os.environ | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }

    def run(name, script, *options, fresh=False):
        if fresh:  # in interpreters of their own, as for a user
            (tmp_path / "bin" / "inboxray").write_text(f'#!/bin/sh\nexec {sys.executable} -m daemon "$@"\n')
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        end = subprocess.run(
            [name, *options, "-c", script],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=scaled(100),
            check=False,
        )
        assert end.stderr == ""
        return end.stdout.split()

    return run


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("inboxray re", RE),
        ("inboxray --spool here re", RE),
        ("inboxray results --pat", ["--patient"]),
        ("inboxray db up", ["upgrade"]),
        ("inboxray results --decision f", ["fractured"]),
        ("inboxray results --outcome r", ["rejected"]),
        ("inboxray results --code tr", ["truncated"]),
        ("inboxray results --warning same", ["same_sop_instance_other_bytes"]),
        ("inboxray requeue --failed --code dea", ["deadline"]),
    ],
)
def test_bash_completes_commands_and_options(shell, words, expected):
    script = BASH.format(words=words, last=len(words.split()) - 1)
    assert shell("bash", script, fresh=words == "inboxray re") == expected


def test_fish_completes_commands_and_leaves_files_to_itself(shell, tmp_path):
    (tmp_path / "hand.dcm").touch()
    script = "inboxray completion fish | source; complete -C 'inboxray {}'"
    assert "requeue" in shell("fish", script.format("req"), "--no-config")
    assert shell("fish", script.format("classify ha"), "--no-config") == ["hand.dcm"]


def test_zsh_completes_at_the_first_time_too(shell, tmp_path, call):
    folder = tmp_path / "functions"
    folder.mkdir()
    (folder / "_inboxray").write_text(call(tmp_path, "completion", "zsh").stdout)
    given = " ".join(shell("zsh", ZSH.format(folder=folder, words="inboxray req", last=2), "--no-rcs"))
    assert '"requeue":' in given


def test_another_shell_is_64(tmp_path, call):
    assert call(tmp_path, "completion", "tcsh").returncode == 64
