"""How many files wait for workers, as coordinators left it with the scheduler."""

from daemon.execution.dask.crew import WANTED, Wishes
from daemon.execution.dask.link import ClusterAwayError, Link
from daemon.execution.dask.security import Security


class Listening:
    """Ask the scheduler; connect again when it was away.

    Parameters
    ----------
    address : str
        Of the scheduler.
    security : distributed.Security or None
    """

    def __init__(self, address: str, security: Security | None) -> None:
        self._address, self._security = address, security
        self._wishes = Wishes()
        self._link: Link | None = None

    def files(self) -> int | None:
        """Return how many files wait or are under way.

        Returns
        -------
        int or None
            None while the scheduler cannot be reached.
        """
        try:
            if self._link is None:
                self._link = Link(self._address, self._security)
            return self._wishes.total(self._link.left(WANTED))
        except ClusterAwayError:
            if self._link is not None:
                self._link.close()
            self._link = None
            return None
