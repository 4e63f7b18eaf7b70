"""One scan on its way from claim to row."""

from dataclasses import dataclass

from daemon.decoding.messages import Decoded
from daemon.spool.claim import Claim


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed file and what its child made of it.

    Parameters
    ----------
    claim : Claim
    decoded : Decoded
    attempts : int
        How often the file was about to be opened, in this process and in earlier ones.
    """

    claim: Claim
    decoded: Decoded
    attempts: int = 1
