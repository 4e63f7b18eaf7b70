"""What a run of the daemon leaves on record of itself: its row, its model, and what holds its children."""

import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version

import structlog

from daemon.decoding.confine import Confinement
from daemon.pipeline.ledger_writer import Recorder
from daemon.settings.fields import Settings
from model.release import Release
from storage.ledger import ModelRecord, RunRecord

_log = structlog.get_logger()


def begin_run(settings: Settings, recorder: Recorder, release: Release) -> int:
    """Write that a daemon begins, and with which model; wait for the database as the recorder does.

    Parameters
    ----------
    settings : Settings
    recorder : Recorder
    release : Release

    Returns
    -------
    int
        Id of the run.
    """
    ledger = recorder.ledger
    start = RunRecord(
        started_at=datetime.now(UTC),
        host=platform.node(),
        version=version("inboxray"),
        settings_digest=settings.digest(),
        pid=os.getpid(),
    )
    model = ModelRecord(
        name=release.name,
        version=release.version,
        sha256=release.sha256,
        thresholds=asdict(release.thresholds),
        calibration=asdict(release.calibration),
        training_digest=release.training_digest,
    )
    recorder.with_retries(lambda: ledger.register_model(model))
    return recorder.with_retries(lambda: ledger.begin_run(start))


def log_confinement(holds: Confinement) -> None:
    """Log what keeps the children that decode from all else; a warning where a layer is missing.

    Parameters
    ----------
    holds : Confinement
    """
    parts = {
        "landlock": holds.landlock,
        "seccomp": holds.is_filtered,
        "no_new_privs": holds.has_no_new_privileges,
    }
    if holds.is_whole:
        _log.info("children_confined", **parts)
    else:
        _log.warning("children_confined", **parts)
