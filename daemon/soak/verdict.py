"""What a soak is asked to do, and what it says in the end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.soak.proof import Proof


@dataclass(frozen=True, slots=True)
class Plan:
    """What a soak does.

    Parameters
    ----------
    files : int
        How many are dropped.
    kills : int
        How often the daemon is killed with SIGKILL meanwhile.
    seed : int
        Chooses the moments and the files.
    data : Path or None
        Real files are below it; without it they are made.
    """

    files: int
    kills: int
    seed: int
    data: Path | None = None

    @property
    def least_at_work(self) -> int:
        """How many kills must hit a daemon that has files in work: half, if there are files for so many.

        Returns
        -------
        int
        """
        return min(self.kills, self.files) // 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a soak found.

    Parameters
    ----------
    plan : Plan
    engine : str
        ``sqlite`` or ``postgresql``.
    different : int or None
        How many different files there were at most.
    proof : Proof
    at_work : int
        Kills that hit a daemon with claimed files; of those while it starts none is counted.
    stopped : int or None
        How the last daemon ended: 0 is well; None: a daemon ended by itself or stood still, see `trouble`.
    trouble : str or None
        What a daemon did that it should not.
    seconds : float
    kept : str or None
        Where the spool and the log are, if they were kept.
    """

    plan: Plan
    engine: str
    different: int | None
    proof: Proof
    at_work: int
    stopped: int | None
    trouble: str | None
    seconds: float
    kept: str | None

    @property
    def passed(self) -> bool:
        """True if each file ended exactly once, each daemon did as it should, and enough kills met work."""
        return self._met_enough and self._ended_once

    @property
    def _ended_once(self) -> bool:
        return self.proof.holds and self.stopped == 0 and sum(self.proof.answers.values()) == self.plan.files

    @property
    def _met_enough(self) -> bool:
        return self.at_work >= self.plan.least_at_work

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it.

        Returns
        -------
        dict of str to object
        """
        return {
            "verdict": "pass" if self.passed else "fail",
            "engine": self.engine,
            "files": self.plan.files,
            "different_files": self.different or self.plan.files,
            "kills": self.plan.kills,
            "kills_at_work": self.at_work,
            "least_kills_at_work": self.plan.least_at_work,
            "seed": self.plan.seed,
            **self.proof.broken(),
            "answers": dict(self.proof.answers),
            "last_exit": self.stopped,
            "trouble": self.trouble,
            "seconds": round(self.seconds, 1),
            "kept": self.kept,
        }

    def line(self) -> str:
        """Say it in one line.

        Returns
        -------
        str
        """
        wrong = [
            f"{number} {name.replace('_', ' ')}" for name, number in self.proof.broken().items() if number
        ]
        wrong += [self.trouble] if self.trouble else []
        if self._ended_once and not self._met_enough:
            wrong.append(f"it shows too little: {self.plan.least_at_work} kills must meet files in work")
        ending = (
            "each ended exactly once" if self.passed else ", ".join(wrong) or "the daemon did not end well"
        )
        return (
            f"{'PASS' if self.passed else 'FAIL'}: {self.plan.files} files, {self.plan.kills} kills "
            f"({self.at_work} with files in work), {self.engine}: {ending}; {self.seconds:.0f} s"
        )
