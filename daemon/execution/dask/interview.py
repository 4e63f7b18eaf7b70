"""A worker that came is asked what it is, and prepares itself if it is like this daemon."""

from typing import TYPE_CHECKING, Any, Final

import structlog

from daemon.execution.dask.messages import Question, words_of
from daemon.execution.dask.plan import Plan
from daemon.execution.dask.roster import Member, refusal_of
from daemon.execution.dask.session import Session
from model.errors import ModelError

if TYPE_CHECKING:
    from concurrent.futures import Future

_FACTS_S: Final = 20.0
_PREPARE_S: Final = 120.0

_log = structlog.get_logger()


def interview(member: Member, session: Session, plan: Plan) -> None:
    """Begin to ask a worker; it is used once it has prepared itself, and else its refusal says why not.

    Parameters
    ----------
    member : Member
    session : Session
    plan : Plan
    """

    def refuse(cause: str, *, may_pass: bool) -> None:
        words = f"the worker at {member.address}: {cause}"
        if may_pass:
            member.refuse_for_now(words)
        else:
            member.refusal = words
        _log.warning("worker_refused", worker=member.address, cause=cause)

    def prepared(done: "Future[Any]") -> None:
        if (error := done.exception()) is not None:
            refuse(f"it cannot prepare itself ({error})", may_pass=True)
            return
        member.refusal = None
        _log.info("worker_joined", worker=member.address, threads=member.threads)

    def answered(done: "Future[Any]") -> None:
        if (error := done.exception()) is not None:
            refuse(str(error), may_pass=True)
            return
        facts = member.facts = done.result()
        if (cause := refusal_of(facts)) is not None:
            refuse(cause, may_pass=False)
            return
        try:
            files = None if facts.has_release else plan.release_files()
        except (ModelError, OSError) as lacking:
            refuse(f"it lacks the release, which cannot be sent ({words_of(lacking)})", may_pass=True)
            return
        member.refusal = "it prepares itself"
        session.ask(prepared, member.address, Question.PREPARE, plan.preparation, files, within_s=_PREPARE_S)

    member.refusal, member.ask_again_at = "it is being asked what it is", None
    session.ask(answered, member.address, Question.FACTS, plan.probe, within_s=_FACTS_S)
