#!/bin/sh
# distributed 2026.8.0: each Client that finds no scheduler leaves a thread and three open descriptors behind.
#
# Guessed: the error of the constructor leaves nothing, for there is no client to close. Seen: OSError after the time-out that was
# given, and one thread and three descriptors more than before, for each try, also after a search for garbage. A daemon that tries
# again every few seconds is at 1,024 descriptors within the hour. What we do: an asynchronous client on a loop of our own, which we end.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet distributed==2026.8.0
"$folder/venv/bin/python" - <<'PYTHON'
import gc
import logging
import os
import socket
import threading

from distributed import Client

logging.disable(logging.CRITICAL)
TRIES = 5


def open_now():
    gc.collect()
    return threading.active_count(), len(os.listdir("/proc/self/fd"))


with socket.socket() as nobody:
    nobody.bind(("127.0.0.1", 0))
    port = nobody.getsockname()[1]
before = open_now()
for _ in range(TRIES):
    try:
        Client(f"tcp://127.0.0.1:{port}", timeout=0.5)
    except OSError as error:
        said = type(error).__name__
threads, descriptors = (now - then for now, then in zip(open_now(), before, strict=True))
print(f"{TRIES} tries, each {said}: {threads} threads and {descriptors} descriptors more")
assert (threads, descriptors) == (TRIES, 3 * TRIES), "the behaviour has changed"
PYTHON
