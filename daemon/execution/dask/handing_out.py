"""Which worker has which file, and what becomes of a file whose worker ends.

A worker's end is no file's fault: its files go to others. A file with which two workers ended goes alone, and
if a third ends then, it is decoded in children of this machine, which report what it does to them. So is one
that workers cannot answer, and one that they blame where the fault may be their machine's: a share that is
gone, or memory. What is wrong with a worker fails no file, and what is wrong with a file stops no worker.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from daemon.execution.dask.errand import Errand, read_whole
from daemon.execution.dask.link import WorkerAwayError, WorkerFailedError
from daemon.execution.dask.messages import Answer, LeavingError, NotPreparedError, Question, Request
from daemon.execution.dask.plan import Plan
from daemon.execution.dask.roster import Member, Roster
from daemon.execution.dask.session import Session
from daemon.spool.file_state import Look, look_at

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Decoded

_MOST_SENT: Final = 256 << 20
"""Bytes; larger files are decoded on this machine where no worker that is free sees the spool."""
_MOST_ON_THE_WAY: Final = 512 << 20
"""Bytes of files that were sent and have no answer; while there are so many, no further one is sent."""
_MOST_FAILURES: Final = 2
"""Workers that could not answer a file, after which this machine does."""
_OF_THE_MACHINE: Final = frozenset({"decoder_crashed", "out_of_memory"})
"""Codes that a machine without memory gives to any file."""
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
        self._under_way: set[Errand] = set()
        self._alone: Errand | None = None
        self._bytes_on_the_way = 0
        self.answered: Counter[str] = Counter()
        """Files by the label of the worker that answered them."""

    def add(self, errand: Errand) -> None:
        """Let a file wait for a worker.

        Parameters
        ----------
        errand : Errand
        """
        self._waiting.append(errand)

    @property
    def files(self) -> int:
        """Files that wait for a worker, or have one."""
        return len(self._waiting) + len(self._under_way)

    def start(self, session: Session) -> None:
        """Give files to workers that have room; one that may have ended workers goes alone.

        Parameters
        ----------
        session : Session
        """
        while self._waiting:
            errand = self._waiting[0]
            if self._alone is not None or (errand.goes_alone and self._under_way):
                return
            takes_bytes = self._bytes_on_the_way < _MOST_ON_THE_WAY
            member = self._roster.freest(takes_bytes=takes_bytes)
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
        errand.sent = None
        if not member.sees_spool:
            most = min(_MOST_SENT, self._plan.preparation.limits.max_file_bytes)
            read = read_whole(errand.path, most)
            if read is None:
                self._answer_here(errand)
                return
            content, errand.look = read
            errand.sent = len(content)
        else:
            errand.look = _look_at(errand.path)
        request = Request(self._plan.preparation.digest, errand.path if errand.sent is None else None)
        self._begin(errand, member)
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
            self._end(errand, member)
            self._settle(errand, done.result(), member)
        elif isinstance(error, WorkerAwayError):  # if it ended, the next look takes it off the roster
            member.refuse_for_now(f"the worker at {member.address} does not answer: {error}")
            # Workers end with their scheduler, and that is no sign of what a file does to them.
            self._lost(member, errand, is_death=session.link.is_up)
        elif isinstance(error, WorkerFailedError) and error.name == NotPreparedError.__name__:
            member.refuse_for_now("it was started again")
            member.ask_again_at = _SOON_S
            self._lost(member, errand, is_death=False)
        elif isinstance(error, WorkerFailedError) and error.name == LeavingError.__name__:
            member.refuse_for_now(f"the worker at {member.address} is about to end")
            self._lost(member, errand, is_death=False)
        else:
            self._failed(member, errand, error)

    def _failed(self, member: Member, errand: Errand, error: BaseException) -> None:
        """Ask others, if it may be the worker's machine; else this one, or the file goes round for ever."""
        is_of_machine = not isinstance(error, WorkerFailedError) or error.is_of_machine
        if is_of_machine:
            member.refuse_for_now(f"the worker at {member.address} cannot decode: {error}")
            errand.failures += 1
        if is_of_machine and errand.failures < _MOST_FAILURES:
            self._lost(member, errand, is_death=False)
            return
        self._end(errand, member)
        self._answer_here(errand)

    def _settle(self, errand: Errand, answer: Answer, member: Member) -> None:
        """Take an answer; where it may be the machine's own, children of this one have the last word."""
        decoded = answer.decoded
        if decoded.error_code == "unreadable" and decoded.look is None and errand.sent is None:
            member.forget_spool()  # or it would fail every file of a share that is gone
            self._waiting.appendleft(errand)
            return
        if decoded.error_code in _OF_THE_MACHINE:
            self._answer_here(errand)
            return
        self.answered[member.label] += 1
        seen = self._take_in(replace(answer, decoded=_as_seen_here(decoded, errand)))
        if errand.answer.set_running_or_notify_cancel():
            errand.answer.set_result(seen)

    def _begin(self, errand: Errand, member: Member) -> None:
        member.errands.add(errand)
        self._under_way.add(errand)
        self._bytes_on_the_way += errand.sent or 0
        if errand.goes_alone:
            self._alone = errand

    def _end(self, errand: Errand, member: Member) -> None:
        member.errands.discard(errand)
        self._under_way.discard(errand)
        self._bytes_on_the_way -= errand.sent or 0
        errand.asked = None
        if self._alone is errand:
            self._alone = None

    def _lost(self, member: Member, errand: Errand, *, is_death: bool) -> None:
        """Let another worker try a file, or children of this machine if it ended one too many."""
        if errand.asked is not None:
            errand.asked.cancel()
        self._end(errand, member)
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
    if errand.sent is not None or replace(theirs, device=ours.device).same_content(ours):
        return replace(decoded, look=ours)
    return decoded  # it changed before the worker read it, which is found out as ever
