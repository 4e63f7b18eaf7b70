"""`make wheels`: asks the package index for a wheel of each pinned version, on every Python and processor.

uv resolves what pyproject.toml asks for as it would be on the other machine, from wheels alone, within the
lock. What a marker leaves out of a machine is asked for too: once there is a wheel, the marker can go.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

from tests.newcomer.lock import LOCK, ROOT, TARGETS, Target, asked, pinned

_UV = Path(sys.executable).with_name("uv")
_C_LIBRARY = "manylinux_2_28"  # that of Debian 10; Debian 12, the oldest that inboxray is for, has 2.36


def main() -> int:
    """Print a line for each machine; return 1 if a wheel or a pin is missing somewhere."""
    missing = 0
    for target in TARGETS:
        fault = find_fault(target)
        missing += fault is not None
        found = fault or f"a wheel of each of {len(pinned(target))} packages{left_out(target)}"
        print(f"Python {target.python} on {target.processor}: {found}", flush=True)  # noqa: T201 -- its answer
    return 1 if missing else 0


def find_fault(target: Target) -> str | None:
    """Say what is missing for a machine, None if nothing is."""
    end = resolve(target, ROOT / "pyproject.toml", "--all-extras", "--constraint", str(LOCK))
    if end.returncode:
        return end.stderr.strip()
    found = dict(line.split("==") for line in end.stdout.split())
    unpinned = sorted(name for name, version in found.items() if pinned(target).get(name) != version)
    return f"{LOCK.name} does not pin {', '.join(unpinned)}: make lock" if unpinned else None


def left_out(target: Target) -> str:
    """Say what markers leave out of a machine, and whether its extra could be had whole by now."""
    words = ""
    for requirements in asked().values():
        names = [one.name for one in requirements if not target.takes(one)]
        if names:
            words += f", without {' and '.join(names)}"
            words += (
                " (for which there are wheels now: see pyproject.toml)"
                if can_have(target, requirements)
                else ""
            )
    return words


def can_have(target: Target, requirements: list[Requirement]) -> bool:
    """Say whether requirements could be met, if it were not for their markers and the lock."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{one.name}{one.specifier}\n" for one in requirements)
        file.flush()
        return resolve(target, Path(file.name), "--prerelease", "disallow").returncode == 0


def resolve(target: Target, requirements: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Let uv find versions that all have wheels for a machine."""
    command = [_UV, "pip", "compile", "--no-build", "--no-header", "--no-annotate", "--quiet"]
    machine = ["--python-version", target.python, "--python-platform", f"{target.processor}-{_C_LIBRARY}"]
    return subprocess.run(
        [*command, *machine, *options, requirements],
        cwd=ROOT,
        env=os.environ | {"UV_PYTHON_DOWNLOADS": "never"},  # to resolve, any Python will do
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
