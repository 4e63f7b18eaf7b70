"""When may a file be claimed? Structure decides, the clock only helps.

Pure rules: what was seen of a file, and what follows from it. Quiet is what we saw ourselves by the monotonic
clock: the times of a file are those of its server or its sender, which may be wrong. Faults 6, 23 and 58.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from daemon.inbox.events import Sign
from daemon.spool.file_state import Look
from model.reading.completeness import Completeness

if TYPE_CHECKING:
    from daemon.settings.fields import Settings


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each kind of file is waited for.

    Parameters
    ----------
    look_interval_s : float
        Least time between two looks, seconds.
    settle_s : float
        Quiet time that a file without an event needs, seconds.
    incomplete_wait_s : float
        Quiet time after which an incomplete file is claimed as it is, seconds.
    """

    look_interval_s: float
    settle_s: float
    incomplete_wait_s: float

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """Return how long the settings wait.

        Parameters
        ----------
        settings : Settings

        Returns
        -------
        Patience
        """
        return cls(settings.look_interval_ms / 1000, settings.settle_s, settings.incomplete_wait_s)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of one file in the inbox.

    Parameters
    ----------
    look : Look
        The last look.
    since : float
        Monotonic time of the first look that was equal to it, seconds.
    trusted : bool
        True if an event was of its close by the writer or of its rename to here: the second look.
    confirmed : bool
        True if a second look agreed, or the event stands for it.
    completeness : Completeness or None
        What its structure says; None until it was examined.
    is_returned : bool
        True if we put this file here ourselves, for it was written to after its claim: that it was renamed
        here says nothing of its writer.
    """

    look: Look
    since: float
    trusted: bool = False
    confirmed: bool = False
    completeness: Completeness | None = None
    is_returned: bool = False

    @property
    def is_whole(self) -> bool:
        """True if its structure says that it is a whole file of a format of ours."""
        return self.completeness in (Completeness.COMPLETE, Completeness.ENDS_CLEANLY)


def see(
    previous: Sighting | None,
    look: Look,
    now: float,
    *,
    trusted: bool,
    patience: Patience,
) -> Sighting:
    """Put a new look beside what was known.

    Parameters
    ----------
    previous : Sighting or None
        What was known before, None for a file seen for the first time.
    look : Look
        The new look.
    now : float
        Monotonic time, seconds.
    trusted : bool
        True if the look follows an event that says the writer is done.
    patience : Patience

    Returns
    -------
    Sighting
    """
    if previous is None or previous.look != look:
        is_returned = previous is not None and previous.is_returned and previous.look.same_file(look)
        return Sighting(look, now, trusted=trusted, confirmed=trusted, is_returned=is_returned)
    agreed = now - previous.since >= patience.look_interval_s
    return replace(
        previous,
        trusted=previous.trusted or trusted,
        confirmed=previous.confirmed or trusted or agreed,
    )


def is_trusted(known: Sighting | None, look: Look, sign: Sign) -> bool:
    """Return whether an event stands for the second look: our own rename of a file does not.

    Parameters
    ----------
    known : Sighting or None
        What was known before.
    look : Look
        After the event.
    sign : Sign
        What the event says of the writer.

    Returns
    -------
    bool
    """
    is_ours = known is not None and known.is_returned and known.look.same_file(look)
    return sign is Sign.CLOSED or (sign is Sign.RENAMED and not is_ours)


def claimable_in(sighting: Sighting, now: float, patience: Patience) -> float:
    """Return how many seconds are left until the file may be claimed, if nothing changes.

    Parameters
    ----------
    sighting : Sighting
        Confirmed and examined.
    now : float
        Monotonic time, seconds.
    patience : Patience

    Returns
    -------
    float
        Seconds; 0 or less means now.
    """
    quiet_s = now - sighting.since
    match sighting.completeness:
        case Completeness.COMPLETE:
            needed = 0.0 if sighting.trusted else patience.settle_s
        case Completeness.INCOMPLETE:
            needed = patience.incomplete_wait_s
        case _:
            needed = patience.settle_s
    return needed - quiet_s
