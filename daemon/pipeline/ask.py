"""What a batch is asked before its turn to be recorded: the ledger, once, and the network for what is new.

The network is so a batch or two ahead of the recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from daemon.execution.executor import Classified, Executor
from daemon.pipeline.answers import Rules
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.spool.destinations import Destinations
from daemon.spool.folders import Spool
from daemon.spool.names import encode_name
from storage.ledger import Known, Question
from storage.vocabulary import CLASSIFIED, FAILED

if TYPE_CHECKING:
    from concurrent.futures import Future


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a batch before its turn to be recorded.

    Parameters
    ----------
    question : Question
        What the ledger was asked.
    known : Known
        The rows as they were then; those of the batches in turn before it may be missing.
    day : date
        The UTC day of the places that were asked for.
    fresh : tuple of str
        scan_id of those that the network sees, in order.
    classified : Future of Classified
        What it says of them.
    """

    question: Question
    known: Known
    day: date
    fresh: tuple[str, ...]
    classified: "Future[Classified]"


class Asker:
    """Ask about batches.

    Parameters
    ----------
    spool : Spool
    executor : Executor
    recorder : Recorder
    rules : Rules
    """

    def __init__(self, spool: Spool, executor: Executor, recorder: Recorder, rules: Rules) -> None:
        self._spool = spool
        self._executor = executor
        self._recorder = recorder
        self._rules = rules

    def ask(self, batch: Sequence[Job]) -> Asked:
        """Ask the ledger, and then the network for what the ledger does not know; wait for the ledger only.

        Parameters
        ----------
        batch : sequence of Job

        Returns
        -------
        Asked

        Raises
        ------
        DatabaseUnavailable
            The wait for the database ended.
        """
        places = Destinations(self._spool, datetime.now(UTC).date())
        questions = [self._question(job, places) for job in batch]
        known = self._recorder.ask(questions)
        fresh = [job for job in batch if self._rules.needs_network(job, known)]
        inputs = [job.decoded.inputs for job in fresh if job.decoded.inputs is not None]
        classified = self._executor.classify(inputs)
        return Asked(
            Question.union(questions),
            known,
            places.day,
            tuple(job.claim.scan_id for job in fresh),
            classified,
        )

    def _question(self, job: Job, places: Destinations) -> Question:
        """Compose it: the same bytes, the same instance, and the places, whatever the answer will be."""
        sha256 = job.decoded.sha256
        is_ours = sha256 is not None and job.decoded.inputs is not None
        uid = self._rules.instance(job) if is_ours else None
        return Question(
            frozenset({sha256} if sha256 and is_ours else ()),
            frozenset({uid} if uid else ()),
            frozenset(
                encode_name(places.wanted(self._rules.source(job), outcome))
                for outcome in (CLASSIFIED, FAILED)
            ),
        )
