import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.cli.program import main
from tests.support.daemons import environment
from tests.support.recorded import fill


@pytest.fixture
def recorded(tmp_path) -> Path:
    """A spool with four recorded scans and their files; no daemon runs on it."""
    return fill(tmp_path / "spool")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; the names are those of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def call(monkeypatch, capfd):
    """Run a command as `tests.support.daemons.inboxray` does, but here: that saves the imports."""

    def run(spool, *arguments, **settings):
        for name in [name for name in os.environ if name.startswith("INBOXRAY_")]:
            monkeypatch.delenv(name)
        for name, value in environment(spool, **settings).items():
            if name.startswith("INBOXRAY_"):
                monkeypatch.setenv(name, value)
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        return Ended(end.value.code, *capfd.readouterr())

    return run
