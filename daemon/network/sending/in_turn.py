"""What follows the ledger: one thing or several, none of which holds up another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from storage.engine import Engine


class Follows(Protocol):
    """What follows the ledger into the outbox."""

    def begin(self, engine: "Engine | None") -> None:
        """Begin where it is now, unless it knows where it was.

        Parameters
        ----------
        engine : Engine or None
        """

    def step(self, engine: "Engine") -> bool:
        """Do some of what is new.

        Parameters
        ----------
        engine : Engine

        Returns
        -------
        bool
            Whether there may be more.
        """


class InTurn:
    """Several that follow, one after the other.

    Parameters
    ----------
    those : sequence of Follows
    """

    def __init__(self, those: Sequence[Follows]) -> None:
        self._those = those

    def begin(self, engine: "Engine | None") -> None:
        """Let each begin.

        Parameters
        ----------
        engine : Engine or None

        Raises
        ------
        Exception
            One could not.
        """
        for one in self._those:
            one.begin(engine)

    def step(self, engine: "Engine") -> bool:
        """Let each do some; one that fails does not keep the others from it.

        Parameters
        ----------
        engine : Engine

        Returns
        -------
        bool
            Whether there may be more.

        Raises
        ------
        Exception
            The first that one of them raised, once all had their turn.
        """
        did, errors = False, []
        for one in self._those:
            try:
                did |= one.step(engine)
            except Exception as error:  # noqa: BLE001 -- raised below, when all had their turn
                errors.append(error)
        if errors:
            raise errors[0]
        return did
