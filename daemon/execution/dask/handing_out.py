"""Which worker has which file, and what becomes of a file whose worker ends.

A worker's end is no file's fault: its files go to others. A file with which two workers ended goes alone, and
if a third ends then, it is decoded in children of this machine, which report what it does to them.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from daemon.execution.dask.errand import Errand, read_whole
from daemon.execution.dask.link import WorkerAwayError, WorkerFailedError
from daemon.execution.dask.messages import Answer, NotPreparedError, Question, Request
from daemon.execution.dask.plan import Plan
from daemon.execution.dask.roster import Member, Roster
from daemon.execution.dask.session import Session
from daemon.spool.file_state import Look, look_at

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Decoded

_MOST_SENT: Final = 256 << 20
"""Bytes; larger files are decoded on this machine where no worker that is free sees the spool."""
_SOON_S: Final = 0.0

TakeIn = Callable[[Answer], "Decoded"]
DecodeHere = Callable[[bytes], "Future[Decoded]"]


class HandingOut:
    """The files that have no answer yet; used by one thread alone.

    Parameters
    ----------
    plan : Plan
    roster : Roster
    take_in : callable
        Called with each answer, before its future has it.
    decode_here : callable
        Decodes a file in children of this machine.
    """

    def __init__(self, plan: Plan, roster: Roster, take_in: TakeIn, decode_here: DecodeHere) -> None:
        self._plan = plan
        self._roster = roster
        self._take_in = take_in
        self._decode_here = decode_here
        self._waiting: deque[Errand] = deque()

    def add(self, errand: Errand) -> None:
        """Let a file wait for a worker.

        Parameters
        ----------
        errand : Errand
        """
        self._waiting.append(errand)

    def start(self, session: Session) -> None:
        """Give files to workers that have room; one that may have ended workers goes alone.

        Parameters
        ----------
        session : Session
        """
        while self._waiting:
            errand = self._waiting[0]
            given = [one for member in self._roster.members.values() for one in member.errands]
            if any(one.goes_alone for one in given) or (errand.goes_alone and given):
                return
            member = self._roster.freest()
            if member is None:
                return
            self._waiting.popleft()
            self._give(errand, member, session)

    def take_back(self, member: Member, *, is_death: bool) -> None:
        """Let others have the files of a worker that left.

        Parameters
        ----------
        member : Member
        is_death : bool
            The worker ended; else the way to it did, and no file is suspected.
        """
        for errand in list(member.errands):
            self._lost(member, errand, is_death=is_death)

    def give_up(self, failure: BaseException | None) -> None:
        """End with what has no answer.

        Parameters
        ----------
        failure : BaseException or None
            Why it will never have one; None: it is cancelled.
        """
        for errand in self._waiting:
            if failure is None:
                errand.answer.cancel()
            elif errand.answer.set_running_or_notify_cancel():
                errand.answer.set_exception(failure)
        self._waiting.clear()

    def _give(self, errand: Errand, member: Member, session: Session) -> None:
        content: Any = None
        errand.was_sent = not (member.facts is not None and member.facts.sees_spool)
        if errand.was_sent:
            most = min(_MOST_SENT, self._plan.preparation.limits.max_file_bytes)
            read = read_whole(errand.path, most)
            if read is None:
                self._answer_here(errand)
                return
            content, errand.look = read
        else:
            errand.look = _look_at(errand.path)
        request = Request(self._plan.preparation.digest, None if errand.was_sent else errand.path)
        member.errands.add(errand)
        errand.asked = session.ask(
            lambda done: self._ended(member, errand, done, session),
            member.address,
            Question.ANSWER,
            request,
            content,
            within_s=self._plan.longest_s,
        )

    def _ended(self, member: Member, errand: Errand, done: "Future[Any]", session: Session) -> None:
        """Take in how a try ended; of one that was given up meanwhile, nothing."""
        if errand.asked is not done:
            return
        error = done.exception()
        if error is None:
            member.errands.discard(errand)
            errand.asked = None
            self._settle(errand, done.result())
            return
        if isinstance(error, WorkerAwayError):  # if it ended, the next look takes it off the roster
            member.refuse_for_now(f"the worker at {member.address} does not answer: {error}")
        elif isinstance(error, WorkerFailedError) and error.name == NotPreparedError.__name__:
            member.refuse_for_now("it was started again")
            member.ask_again_at = _SOON_S
        else:
            member.refuse_for_now(f"the worker at {member.address} cannot decode: {error}")
        # Workers end with their scheduler, and that is no sign of what a file does to them.
        self._lost(member, errand, is_death=isinstance(error, WorkerAwayError) and session.link.is_up)

    def _settle(self, errand: Errand, answer: Answer) -> None:
        decoded = self._take_in(replace(answer, decoded=_as_seen_here(answer.decoded, errand)))
        if errand.answer.set_running_or_notify_cancel():
            errand.answer.set_result(decoded)

    def _lost(self, member: Member, errand: Errand, *, is_death: bool) -> None:
        """Let another worker try a file, or children of this machine if it ended one too many."""
        member.errands.discard(errand)
        if errand.asked is not None:
            errand.asked.cancel()
            errand.asked = None
        if is_death and errand.goes_alone:
            self._answer_here(errand)
            return
        errand.deaths += is_death
        self._waiting.appendleft(errand)

    def _answer_here(self, errand: Errand) -> None:
        def pass_on(done: "Future[Decoded]") -> None:
            if done.cancelled():
                errand.answer.cancel()
            elif errand.answer.set_running_or_notify_cancel():
                error = done.exception()
                if error is None:
                    errand.answer.set_result(done.result())
                else:
                    errand.answer.set_exception(error)

        self._decode_here(errand.path).add_done_callback(pass_on)


def _look_at(path: bytes) -> Look | None:
    try:
        return look_at(path)
    except OSError:
        return None


def _as_seen_here(decoded: "Decoded", errand: Errand) -> "Decoded":
    """Give the look of this machine: a device's number is another on each, and a copy is another file."""
    theirs, ours = decoded.look, errand.look
    if theirs is None or ours is None:
        return decoded
    if errand.was_sent or replace(theirs, device=ours.device).same_content(ours):
        return replace(decoded, look=ours)
    return decoded  # it changed before the worker read it, which is found out as ever
