"""The workers of a cluster as a coordinator knows them: which may be used, and why the others may not."""

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from daemon.execution.dask.messages import Facts, difference, versions

if TYPE_CHECKING:
    from daemon.execution.dask.errand import Errand

_PASSES_S = 15.0
_WITHOUT_SPOOL_S = 300.0
_AHEAD = 2
"""Files that a worker has for each of its threads: one in work, one that waits for it there."""


@dataclass(slots=True, eq=False)
class Member:
    """One worker.

    Parameters
    ----------
    address : str
        As the scheduler knows it; another after each start.
    threads : int
    refusal : str or None
        Why it gets no file: it is not asked yet, or not like this daemon. None: it may be used.
    facts : Facts or None
        What it states of itself.
    errands : set of Errand
        Files that it has now.
    ask_again_at : float or None
        When it is asked anew, after something that may pass; by the monotonic clock, seconds.
    """

    address: str
    threads: int
    refusal: str | None = "it was not asked yet what it is"
    facts: Facts | None = None
    errands: "set[Errand]" = field(default_factory=set)
    ask_again_at: float | None = None

    @property
    def room(self) -> int:
        """How many more files it may have; none if it may not be used."""
        return 0 if self.refusal else max(0, _AHEAD * self.threads - len(self.errands))

    @property
    def label(self) -> str:
        """Its name, or its host: what metrics call it, for its address is another after each start."""
        return (self.facts.name or self.facts.host) if self.facts is not None else "unknown"

    @property
    def sees_spool(self) -> bool:
        """Whether it can read the coordinator's spool; else it is sent bytes."""
        return self.facts is not None and self.facts.sees_spool

    def forget_spool(self) -> None:
        """Send it bytes for a while: it could not read a file that it was given the path of."""
        if self.facts is not None:
            self.facts = replace(self.facts, sees_spool=False)
        self.ask_again_at = time.monotonic() + _WITHOUT_SPOOL_S

    def refuse_for_now(self, cause: str) -> None:
        """Give it no file for a while: what is wrong there may pass.

        Parameters
        ----------
        cause : str
        """
        self.refusal, self.ask_again_at = cause, time.monotonic() + _PASSES_S


class Roster:
    """All workers that the scheduler knows."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}

    def compare(self, threads: dict[str, int]) -> tuple[list[Member], list[Member]]:
        """Take in whom the scheduler knows now.

        Parameters
        ----------
        threads : dict of str to int
            By address.

        Returns
        -------
        tuple of (list of Member, list of Member)
            Who came, and who left.
        """
        came = [Member(address, count) for address, count in threads.items() if address not in self.members]
        left = [self.members.pop(address) for address in list(self.members) if address not in threads]
        self.members.update({member.address: member for member in came})
        return came, left

    def clear(self) -> list[Member]:
        """Forget all, as when the scheduler is gone.

        Returns
        -------
        list of Member
            Who was known.
        """
        left = list(self.members.values())
        self.members = {}
        return left

    def freest(self, *, takes_bytes: bool = True) -> Member | None:
        """Return the worker that has the fewest files a thread; of those, one that sees the spool.

        Parameters
        ----------
        takes_bytes : bool
            False: only those that see the spool.

        Returns
        -------
        Member or None
            None if none has room.
        """
        able = [one for one in self.members.values() if one.room and (takes_bytes or one.sees_spool)]
        return min(able, key=lambda one: (len(one.errands) / one.threads, not one.sees_spool), default=None)

    @property
    def threads(self) -> int:
        """Threads of those that may be used; may be asked for from any thread."""
        known = list(self.members.values())  # at once: the cluster's thread may take one in meanwhile
        return sum(member.threads for member in known if not member.refusal)

    def lack(self) -> str | None:
        """Say why no worker may be used.

        Returns
        -------
        str or None
            None if one may.
        """
        if self.threads:
            return None
        refusals = sorted({member.refusal for member in self.members.values() if member.refusal})
        return f"no worker may be used: {'; '.join(refusals)}" if refusals else "no worker is connected"


def refusal_of(facts: Facts) -> str | None:
    """Say why a worker would not answer as this daemon does.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    str or None
        None if it would.
    """
    differs = difference(versions(), facts.versions)
    return None if differs is None else f"the worker on {facts.host} runs {differs}"
