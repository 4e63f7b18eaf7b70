"""How fast radiographs are received, beside DCMTK's `storescp`, with every file synced on both sides.

``python -m tests.measure.receive_rate [40] [5] [FOLDER]`` sends 40 CRs of 10 MB on one association, by the
same `storescu`, to `inboxray receive` and to `storescp` in turn, in five rounds, and prints the median rates
and their ratio.

`storescp` syncs nothing: a few lines of C, loaded before it, have it sync each file when it is closed, and
the folder. That is less than ours does before it answers, which also renames. Needs DCMTK and a C compiler.
"""

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.support.dicom_files import image, to_bytes
from tests.support.receivers import RunningReceiver
from tests.support.waiting import wait_until

ROWS, COLUMNS = 2500, 2048
SYNCING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int fclose(FILE *file) {
    int (*really)(FILE *) = dlsym(RTLD_NEXT, "fclose");
    int descriptor = fileno(file);
    if (descriptor > 2 && (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY) {
        fflush(file);
        fsync(descriptor);
        int folder = open(".", O_RDONLY | O_DIRECTORY);
        fsync(folder);
        close(folder);
    }
    return really(file);
}
"""


def radiographs(folder, number):
    """Write so many files of 10 MB, each an instance of its own."""
    random = np.random.default_rng(7)
    for one in range(number):
        pixels = random.integers(0, 4096, (ROWS, COLUMNS), dtype=np.uint16)
        dataset = image(pixels, SOPInstanceUID=f"1.2.3.{one}", PatientID="P1", StudyInstanceUID="1.2.3")
        (folder / f"{one}.dcm").write_bytes(to_bytes(dataset))


def send(files, port):
    """Send all files on one association; give the seconds that took."""
    command = ["storescu", "-aet", "RATE", "-aec", "INBOXRAY", "--max-send-pdu", "131072"]
    began = time.perf_counter()
    subprocess.run(
        [*command, "localhost", str(port), *map(str, files)], check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def listens(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def storescp(folder, library):
    """Start storescp that syncs; give the process and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir(exist_ok=True)
    command = ["storescp", "-aet", "INBOXRAY", "--max-pdu", "131072", "-od", ".", str(port)]
    process = subprocess.Popen(command, cwd=folder, env=os.environ | {"LD_PRELOAD": str(library)})
    wait_until(lambda: listens(port), what="storescp to listen")
    return process, port


def empty(folder):
    for path in folder.rglob("*.dcm" if folder.name == "inbox" else "CR.*"):
        path.unlink()
    os.sync()


def measure(number, rounds, place):
    """Print the rates of both, round by round, and the ratio of their medians."""
    with tempfile.TemporaryDirectory(dir=place) as name:
        folder = Path(name)
        (folder / "sent").mkdir()
        radiographs(folder / "sent", number)
        files = sorted((folder / "sent").iterdir())
        size = sum(file.stat().st_size for file in files) / 1e6
        (folder / "syncing.c").write_text(SYNCING)
        library = folder / "syncing.so"
        compiler = shutil.which("cc") or sys.exit("a C compiler is needed")
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-o", library, folder / "syncing.c", "-ldl"], check=True
        )
        theirs, port = storescp(folder / "storescp", library)
        rates = {"inboxray receive": [], "storescp": []}
        try:
            with RunningReceiver(folder / "spool", fresh=True) as ours:
                send(files[:2], ours.port)
                send(files[:2], port)
                for one in range(rounds):
                    order = [("inboxray receive", ours.port), ("storescp", port)]
                    for who, at in order if one % 2 else reversed(order):
                        empty(folder / "spool" / "inbox")
                        empty(folder / "storescp")
                        rates[who].append(size / send(files, at))
                assert ours.process.poll() is None
        finally:
            theirs.send_signal(signal.SIGTERM)
            theirs.wait(10)
    medians = {who: statistics.median(found) for who, found in rates.items()}
    for who, found in rates.items():
        shown = " ".join(f"{rate:.0f}" for rate in found)
        sys.stdout.write(f"{who:18} {medians[who]:7.1f} MB/s   ({shown})\n")
    sys.stdout.write(f"{'ratio':18} {medians['inboxray receive'] / medians['storescp']:7.2f}\n")


if __name__ == "__main__":
    words = argparse.ArgumentParser(prog="python -m tests.measure.receive_rate")
    words.add_argument("number", type=int, nargs="?", default=40, help="radiographs of 10 MB")
    words.add_argument("rounds", type=int, nargs="?", default=5)
    words.add_argument("folder", nargs="?", help="on the disk that is to be measured")
    given = words.parse_args()
    measure(given.number, given.rounds, given.folder)
