"""When a soak kills a daemon: now and then while it starts, mostly while it has files in work."""

import random
from enum import Enum
from typing import Final

_SHARE_AT_START: Final = 0.15
_SHARE_WHEN_READY: Final = 0.25
_FIRST_S: Final = 0.3
_LEAST_S: Final = 0.005
_SHORTER: Final = 0.5
_LONGER: Final = 1.15


class Phase(Enum):
    """What a moment is counted from."""

    START = "start"
    READY = "ready"
    CLAIM = "claim"


class Moments:
    """Chooses moments, and learns from each kill how long files are in work here.

    A daemon answers the few files of one life in a fraction of a second, and how small a fraction depends on
    the machine. A kill after a claim that came too late halves the time within which the next ones come; one
    that met files in work makes it a little longer. So the moments spread over all of the work, and about
    four in five of them meet it.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- moments, no secrets
        self._work_s = _FIRST_S

    def phase(self, *, at_work: bool = False) -> Phase:
        """Choose what the next moment is counted from.

        Parameters
        ----------
        at_work : bool
            It has to be a claim.

        Returns
        -------
        Phase
        """
        choice = self._random.random()
        if at_work or choice >= _SHARE_WHEN_READY:
            return Phase.CLAIM
        return Phase.START if choice < _SHARE_AT_START else Phase.READY

    def after(self, phase: Phase, start_s: float) -> float:
        """Choose how long after that to kill.

        Parameters
        ----------
        phase : Phase
        start_s : float
            How long the daemon takes to start on this machine.

        Returns
        -------
        float
            Seconds.
        """
        longest = {Phase.START: start_s, Phase.READY: start_s / 2, Phase.CLAIM: self._work_s}
        return self._random.uniform(0.0, longest[phase])

    def learn(self, phase: Phase, *, met_work: bool, most_s: float) -> None:
        """Take in what a kill met.

        Parameters
        ----------
        phase : Phase
            That it was counted from.
        met_work : bool
            Whether files were claimed.
        most_s : float
            The work is never taken to last longer.
        """
        if phase is Phase.CLAIM:
            self._work_s = min(most_s, max(_LEAST_S, self._work_s * (_LONGER if met_work else _SHORTER)))
