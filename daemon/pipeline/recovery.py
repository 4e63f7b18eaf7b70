"""After a crash: what is in ``claimed/`` is finished, before anything new is taken.

The unique scan id makes doing a claim again harmless; the note beside it ends a file that ends the daemon
(faults 31, 32, 53), and a restart loop over claims (fault 73).
"""

from collections.abc import Iterator
from functools import partial
from itertools import islice

import structlog

from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.pipeline import Pipeline
from daemon.spool.attempts import MAX_BLAME, blame, ends, is_set_aside
from daemon.spool.claim import Claim
from daemon.spool.claiming import find_claims
from daemon.spool.dispose import Disposal
from daemon.spool.folders import Spool

_CHUNK = 100
_MOST_SET_ASIDE = 16  # beside more of them, it is no claim that ends the daemon

_REMEDY = "see how the daemon ended before, mend that, then: inboxray requeue --set-aside, and start again"

_log = structlog.get_logger()


def recover(spool: Spool, pipeline: Pipeline, recorder: Recorder) -> Iterator[Claim]:
    """Go on with every claim that an earlier daemon left.

    Parameters
    ----------
    spool : Spool
        Locked by this process.
    pipeline : Pipeline
    recorder : Recorder

    Yields
    ------
    Claim
        Claims that must be decoded again, for the caller to begin with as there is room. Those with a row,
        and those that were tried too often, are dealt with here; those beside which three daemons ended alike
        are left where they are.
    """
    claims = find_claims(spool)
    while chunk := list(islice(claims, _CHUNK)):
        recorded = recorder.with_retries(partial(recorder.ledger.find, [claim.scan_id for claim in chunk]))
        for claim in sorted(chunk, key=blame):  # what may end this daemon too comes last
            row = recorded.get(claim.scan_id)
            if is_set_aside(claim) and len(pipeline.set_aside) < _MOST_SET_ASIDE:
                pipeline.leave_aside(claim)
                _log.warning("claim_set_aside", scan_id=claim.scan_id, cause=ends(claim)[1], remedy=_REMEDY)
            elif row is not None:
                pipeline.put_away(
                    Disposal(claim, row.outcome, row.error_code, row.stored_path, row.error_detail)
                )
                _log.info("claim_recovered", scan_id=claim.scan_id, step="dispose")
            elif blame(claim) >= MAX_BLAME:
                pipeline.answer_unopened(claim, "crashed_daemon")
                _log.warning("claim_recovered", scan_id=claim.scan_id, step="fail")
            else:
                _log.info("claim_recovered", scan_id=claim.scan_id, step="decode")
                yield claim
