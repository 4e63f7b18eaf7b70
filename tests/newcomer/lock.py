"""What pyproject.toml asks for and what the lock pins, by version of Python and processor."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"


@dataclass(frozen=True)
class Target:
    """A machine that inboxray is for.

    Parameters
    ----------
    python : str
        As ``3.14``.
    processor : str
        As Linux calls it: ``x86_64`` or ``aarch64``.
    """

    python: str
    processor: str

    def takes(self, requirement: Requirement) -> bool:
        """Say whether its markers, extras aside, ask for a requirement here."""
        here = {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "platform_machine": self.processor,
            "platform_system": "Linux",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "sys_platform": "linux",
            "os_name": "posix",
        }
        return requirement.marker is None or requirement.marker.evaluate(here)


TARGETS = [
    Target(python, processor)
    for python in ("3.11", "3.12", "3.13", "3.14")
    for processor in ("x86_64", "aarch64")
]


def asked() -> dict[str, list[Requirement]]:
    """Give what pyproject.toml asks for: by extra, and by an empty name what is asked for in any case."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [Requirement(line) for line in lines] for extra, lines in groups.items()}


def pinned(target: Target) -> dict[str, str]:
    """Give the version of each package that the lock pins for a machine.

    Raises
    ------
    ValueError
        Two lines of the lock pin one package there.
    """
    versions: dict[str, str] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        requirement = Requirement(line)
        if not target.takes(requirement):
            continue
        name = canonicalize_name(requirement.name)
        if name in versions:
            raise ValueError(
                f"{LOCK.name} pins {name} twice for Python {target.python} on {target.processor}"
            )
        versions[name] = str(requirement.specifier).removeprefix("==")
    return versions
