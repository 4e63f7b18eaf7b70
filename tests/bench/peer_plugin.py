"""The script that Orthanc runs by its Python plug-in: a pool of processes answers each stored instance.

Orthanc calls back one instance at a time, and whoever stores it waits: so the callback only names the file
that was just written. The pool is forked at once, while Orthanc has no other thread. It cannot be spawned:
in Orthanc `sys.executable` is Orthanc.

References
----------
Orthanc Book: Python plugin for Orthanc, "Performance and concurrency"; How does Orthanc store its database?
"""

import json
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import orthanc

from tests.bench.peer_answer import answer, begin, make_database

_configuration = json.loads(orthanc.GetConfiguration())
_storage = Path(_configuration["StorageDirectory"])
_database = _configuration["Answers"]["Database"]
make_database(_database)
_pool = ProcessPoolExecutor(
    _configuration["Answers"]["Processes"],
    multiprocessing.get_context("fork"),
    initializer=begin,
    initargs=(_database,),
)
_pool.submit(os.getpid).result()  # the first task forks all of them


def on_stored_instance(_, instance):
    """Name the file of an instance to the pool."""
    name = json.loads(orthanc.RestApiGet(f"/instances/{instance}/attachments/dicom/info"))["Uuid"]
    path = _storage / name[:2] / name[2:4] / name
    try:
        _pool.submit(answer, str(path)).add_done_callback(look_at)
    except BrokenProcessPool as failure:
        end(failure)


def look_at(task):
    """See whether a task of the pool came to its end."""
    if not task.cancelled() and (failure := task.exception()) is not None:
        end(failure)


def end(failure):
    """End Orthanc, because there is an instance that gets no row: whoever counts rows would wait for ever."""
    orthanc.LogError(f"an instance gets no row: {failure!r}")
    os.kill(os.getpid(), signal.SIGTERM)


def on_change(change, *_):
    """End the pool before Orthanc ends."""
    if change == orthanc.ChangeType.ORTHANC_STOPPED:
        _pool.shutdown(cancel_futures=True)


orthanc.RegisterOnStoredInstanceCallback(on_stored_instance)
orthanc.RegisterOnChangeCallback(on_change)
