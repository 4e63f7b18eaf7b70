"""One connection to a cluster, from its beginning to its end; answers of an earlier one are not taken."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daemon.execution.dask.link import Link
from daemon.execution.dask.messages import Question

if TYPE_CHECKING:
    from concurrent.futures import Future

Then = Callable[["Future[Any]"], None]


class Session:
    """A link, and a way to be called when a question is answered.

    Parameters
    ----------
    link : Link
    post : callable
        Takes a function, and has it called in the thread that owns the cluster's state.
    """

    def __init__(self, link: Link, post: Callable[[Callable[[], None]], None]) -> None:
        self.link = link
        self._post = post
        self._is_over = False

    def ask(
        self, then: Then, worker: str, question: Question, *arguments: Any, within_s: float
    ) -> "Future[Any]":
        """Ask a worker, and take its answer.

        Parameters
        ----------
        then : callable
            Called with the future once it is done, in the thread that owns the cluster's state; not after
            the session's end.
        worker, question, *arguments, within_s
            As of `Link.ask`.

        Returns
        -------
        Future
        """
        asked = self.link.ask(worker, question, *arguments, within_s=within_s)

        def take() -> None:
            if not self._is_over:
                then(asked)

        asked.add_done_callback(lambda _: self._post(take))
        return asked

    def close(self) -> None:
        """End it."""
        self._is_over = True
        self.link.close()
