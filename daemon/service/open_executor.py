"""Where files are decoded and classified, as the settings want it."""

import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.decoding.pool import DecoderPool
from daemon.errors import ConfigurationError
from daemon.execution.executor import Executor
from daemon.execution.local import LocalExecutor
from daemon.pauses import Pauses
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool
from model.classifier import Classifier
from model.extras import install_line
from storage.durable.replace import Synced, replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from daemon.execution.dask.plan import Plan

_TOKEN_BYTES = 32
_MOST_BYTES = 1 << 16


def open_executor(
    settings: Settings,
    spool: Spool,
    pool: DecoderPool,
    classifier: Classifier,
    *,
    pauses: Pauses,
    attach_cluster: "Callable[[Callable[[], Mapping[str, Any]]], None]",
    seen: Path | None = None,
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
    attach_cluster : callable
        Is given what says how a cluster is.
    seen : Path, optional
        A file that a worker must see to be given paths; without, one that is made in the spool.

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
    plan = _plan(settings, seen or _made(spool), pool, classifier)
    executor = DaskExecutor(local, plan, pauses.for_cluster)
    attach_cluster(executor.described)
    return executor


def _made(spool: Spool) -> Path:
    """Make a file that no other spool has."""
    replace_file(spool.probe_file, secrets.token_bytes(_TOKEN_BYTES), Synced.NOTHING, writer="daemon")
    return spool.probe_file


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""


def _plan(settings: Settings, seen: Path, pool: DecoderPool, classifier: Classifier) -> "Plan":
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
        probe=Probe(bytes(seen), _beginning(seen), release.sha256),
        release_files=partial(packed, release),
    )
