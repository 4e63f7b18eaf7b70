"""Where files are decoded and classified, as the settings want it."""

import secrets
from functools import partial
from typing import TYPE_CHECKING

from daemon.decoding.pool import DecoderPool
from daemon.errors import ConfigurationError
from daemon.execution.executor import Executor
from daemon.execution.local import LocalExecutor
from daemon.pauses import Pauses
from daemon.service.status import StatusReporter
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool
from model.classifier import Classifier
from model.extras import install_line
from storage.durable.replace import Synced, replace_file

if TYPE_CHECKING:
    from daemon.execution.dask.plan import Plan

_TOKEN_BYTES = 32


def open_executor(
    settings: Settings,
    spool: Spool,
    pool: DecoderPool,
    classifier: Classifier,
    pauses: Pauses,
    reporter: StatusReporter,
) -> Executor:
    """Make what decodes and classifies.

    Parameters
    ----------
    settings : Settings
    spool : Spool
    pool : DecoderPool
        Of this machine.
    classifier : Classifier
    pauses : Pauses
        Learns when a cluster answers no more.
    reporter : StatusReporter
        Is given how a cluster is.

    Returns
    -------
    Executor

    Raises
    ------
    ConfigurationError
        A cluster is wanted and not named, or the extra `cluster` is not installed.
    """
    local = LocalExecutor(pool, classifier, batch_size=settings.batch_size)
    if settings.executor == "local":
        return local
    try:
        from daemon.execution.dask.executor import DaskExecutor
    except ImportError as error:
        raise ConfigurationError(
            f"executor = dask needs {error.name}, which is not installed: {install_line('cluster')}"
        ) from None
    executor = DaskExecutor(local, _plan(settings, spool, pool, classifier), pauses.for_cluster)
    reporter.attach_cluster(executor.described)
    return executor


def _plan(settings: Settings, spool: Spool, pool: DecoderPool, classifier: Classifier) -> "Plan":
    from daemon.execution.dask.link import Link
    from daemon.execution.dask.messages import Preparation, Probe
    from daemon.execution.dask.plan import Plan
    from daemon.execution.dask.release_cache import packed
    from daemon.execution.dask.security import security_for

    address = settings.dask_scheduler
    if address is None:
        raise ConfigurationError("executor = dask needs dask_scheduler, such as tls://HOST:8786")
    security = security_for(
        address, settings.dask_ca_file, settings.dask_certificate_file, settings.dask_key_file
    )
    release = classifier.release
    token = secrets.token_bytes(_TOKEN_BYTES)
    replace_file(spool.probe_file, token, Synced.NOTHING, writer="daemon")
    return Plan(
        address=address,
        connect=partial(Link, address, security),
        preparation=Preparation(
            limits=pool.limits,
            tasks_per_child=settings.decode_tasks_per_child,
            release=release.sha256,
            engine=settings.engine,
            batch_size=settings.batch_size,
        ),
        probe=Probe(bytes(spool.probe_file), token, release.sha256),
        release_files=partial(packed, release),
    )
