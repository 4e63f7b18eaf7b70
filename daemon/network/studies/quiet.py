"""When a study is quiet: by its answers, and by what the receiver knows of the rest of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from storage.engine import Engine
    from storage.study import Study


@dataclass(frozen=True, slots=True)
class Arriving:
    """What is known of the rest of a study.

    Parameters
    ----------
    is_open : bool
        An association that brought something of it goes on.
    ended_at : float
        When the last of them ended, seconds since 1970; 0: not known.
    waiting : tuple of str
        SOP Instance UIDs of what they brought beside it, and what has no row yet.
    """

    is_open: bool = False
    ended_at: float = 0.0
    waiting: tuple[str, ...] = ()


NOTHING: Final = Arriving()


class Arrivals(Protocol):
    """What the receiver knows of studies that come in."""

    def of(self, engine: "Engine", study: "Study") -> Arriving:
        """Say what is known of the rest of a study.

        Parameters
        ----------
        engine : Engine
        study : Study

        Returns
        -------
        Arriving
        """


@dataclass(frozen=True, slots=True)
class Quiet:
    """When a study is quiet.

    Parameters
    ----------
    quiet_s : float
        Without a new answer, and since the last association that brought something of it.
    wait_s : float
        Longest wait for what still comes in, or has no answer, seconds since the last answer.
    """

    quiet_s: float
    wait_s: float

    def is_quiet(self, seen_at: float, arriving: Arriving, now: float) -> bool:
        """Say whether a study is.

        Parameters
        ----------
        seen_at : float
            When its last answer was seen, seconds since 1970.
        arriving : Arriving
        now : float

        Returns
        -------
        bool
        """
        if arriving.is_open or arriving.waiting:
            return now - seen_at >= max(self.quiet_s, self.wait_s)
        return now - max(seen_at, min(arriving.ended_at, now)) >= self.quiet_s
