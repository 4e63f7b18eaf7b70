"""Look for new ways to break the decoding of files, for a bounded time; `make fuzz` runs this.

Hypothesis edits sound files and shrinks what breaks a promise to the fewest edits. It works in a child
process, which leaves every file in a folder before it tries it, so that a native crash is found too. What is
found lies in the folder afterwards: make it a test in `tests/model`, then mend the cause.

``python -m tests.fuzz.harness 120 build/fuzz``: for 120 seconds, a third for each of DICOM, PNG and JPEG.
"""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import mend_checksums
from tests.fuzz.promises import answer
from tests.fuzz.samples import data_folder_samples, samples

_LARGEST_SAMPLE = 10_000
_EXAMPLES_A_ROUND = 500
_MOST_SECONDS = 20
_places = st.one_of(st.integers(0, 1023), st.integers(0, _LARGEST_SAMPLE))
_edits = st.lists(st.tuples(_places, st.integers(0, 64), st.binary(max_size=16)), min_size=1, max_size=8)


def kinds():
    """Give the samples by the path that they take: DICOM, PNG, JPEG."""
    known = {n: d for n, d in (samples() | data_folder_samples()).items() if len(d) <= _LARGEST_SAMPLE}
    beginnings = {"png": b"\x89PNG", "jpeg": b"\xff\xd8"}
    rasters = {kind: [d for d in known.values() if d.startswith(b)] for kind, b in beginnings.items()}
    return {"dicom": [d for d in known.values() if not d.startswith(tuple(beginnings.values()))]} | rasters


def search(found, sound, number):
    """Try one round of edits of sound files; raise what breaks a promise, shrunk."""

    @seed(number)
    @settings(
        max_examples=_EXAMPLES_A_ROUND,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(sound), _edits, st.booleans())
    def attempt(data, edits, has_right_checksums):
        changed = bytearray(data)
        for place, removed, put in edits:
            start = place % (len(changed) + 1)
            changed[start : start + removed] = put
        if has_right_checksums and changed.startswith(b"\x89PNG"):
            mend_checksums(changed)
        (found / "current").write_bytes(changed)
        signal.alarm(_MOST_SECONDS)
        try:
            answer(bytes(changed))
        finally:
            signal.alarm(0)

    attempt()


def work(seconds, found):
    """Search in this process until the time is over."""
    by_kind = kinds()
    for kind, sound in by_kind.items():
        end = time.monotonic() + seconds / len(by_kind)
        rounds = 0
        while time.monotonic() < end:
            search(found, sound, random.SystemRandom().randrange(1 << 32))
            rounds += 1
        sys.stdout.write(f"{kind}: {rounds * _EXAMPLES_A_ROUND} files, all with an answer\n")


def main(seconds, found):
    """Search in a child, and keep the file that broke it."""
    found.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.harness", str(seconds), str(found), "child"]
    code = subprocess.run(command, check=False).returncode
    current = found / "current"
    if code == 0:
        current.unlink(missing_ok=True)
        return 0
    kept = found / hashlib.sha256(current.read_bytes()).hexdigest()[:16]
    current.rename(kept)
    how = signal.Signals(-code).name if code < 0 else "a broken promise"
    sys.stderr.write(f"{how}: {os.fspath(kept)}\n")
    return 1


if __name__ == "__main__":
    arguments = float(sys.argv[1]), Path(sys.argv[2])
    sys.exit(work(*arguments) if sys.argv[3:] == ["child"] else main(*arguments))
