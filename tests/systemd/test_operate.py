"""The whole way in a booted container, where that is asked for: minutes, and a Debian from its mirror."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.deadlines import scaled

SCRIPT = Path(__file__).with_name("operate.sh")
CANNOT = 77


@pytest.mark.timeout(3400)
@pytest.mark.skipif("INBOXRAY_BOOT" not in os.environ, reason="it takes minutes: INBOXRAY_BOOT=1")
def test_from_a_bare_debian_to_uninstalled(tmp_path):
    environment = {"WORK": str(tmp_path)} | os.environ
    end = subprocess.run(
        ["sh", SCRIPT, tmp_path / "transcript.log"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=scaled(3200),
        check=False,
    )
    if end.returncode == CANNOT:
        pytest.skip(end.stderr.strip())
    assert end.returncode == 0, end.stdout + end.stderr
