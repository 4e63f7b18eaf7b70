"""Objects travel in and results out, while receiver, daemon, sender and archive are killed in turn.

    python -m tests.soak.travel [OBJECTS] [KILLS] [--keep FOLDER]

Needs Orthanc, and root, or the right to make namespaces: all of it runs in a network that has loopback alone.
Modalities send each object until it was answered with 0x0000. Then: has each file that came exactly one row,
is each result exactly once in the archive, and is nothing answered with success that is not there?
"""

import argparse
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from daemon.network.rehearsal.alone import alone, raise_loopback
from tests.daemon.network.receiving.test_transactions import asked
from tests.support.daemons import files
from tests.support.dicom_peer import COMMITMENT, CR, DicomPeer, command_set, fragments
from tests.support.travels import NAMES, PORT, Modality, Way, scan, uid_of

MODALITIES = 3
QUICK = {
    "settle_s": 0.5,
    "look_interval_ms": 20,
    "sweep_s": 2,
    "incomplete_wait_s": 5,
    "send_retry_s": 1,
    "send_retry_most_s": 4,
    "send_timeout_s": 20,
    "outbox_min_free_percent": 0,
}
LONGEST_S = 900
WITHIN_S = {"receiver": (0.02, 0.3), "daemon": (0.1, 1.0), "sender": (0.3, 1.5), "orthanc": (0.3, 1.5)}
"""After objects were let go: when they are with whom."""
PAUSE_S = 0.05
"""In the middle of each object, so that kills find some half sent."""


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Sending:
    """Modalities that send all objects, no faster than they are let."""

    def __init__(self, objects):
        self.objects, self.answered, self.tries = objects, [], 0
        self._left = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(MODALITIES)]
        for thread in self._threads:
            thread.start()

    def let(self, numbers):
        for number in numbers:
            self._left.put(number)

    def _work(self):
        modality = Modality(PAUSE_S)
        while not self._stop.is_set():
            try:
                number = self._left.get(timeout=0.1)
            except queue.Empty:
                continue
            content = scan(number)
            while not modality.send(number, content):
                if self._stop.wait(0.1):
                    return
            self.answered.append(number)
            self.tries += modality.tries
            modality.tries = 0

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def kill_in_turn(way, sending, kills, rng):
    """Kill one after the other, at moments of chance, while a share of the objects is under way.

    Whoever was killed is up again before the next: else hardly anything would travel while there are kills.
    """
    each, let, killed = sending.objects / max(kills, 1), 0, Counter()
    for number in range(kills):
        way.wait_for_all()
        upto = round(each * (number + 1))
        sending.let(range(let, upto))
        let = upto
        victim = NAMES[number % len(NAMES)]
        time.sleep(rng.uniform(*WITHIN_S[victim]))
        way.kill(victim)
        killed[victim] += 1
        way.start(victim)
        if (number + 1) % 20 == 0:
            say(f"  {number + 1} kills, {len(sending.answered)} of {let} answered")
    sending.let(range(let, sending.objects))
    return killed


def settle(way, sending, longest_s):
    """Wait until all was sent, answered, and is confirmed."""
    until = time.monotonic() + longest_s
    way.wait_for_all()

    def is_over():
        way.revive()
        waits = way.outbox("waiting") | way.outbox("stored")
        done = len({row["sop_instance_uid"] for row in way.answered()}) >= sending.objects
        inside = files(way.spool / "inbox") or any((way.spool / "claimed").iterdir())
        return (
            len(sending.answered) >= sending.objects
            and done
            and not inside
            and not waits
            and len(way.outbox()) >= len(way.answered())
        )

    while not is_over() and time.monotonic() < until:
        time.sleep(0.5)


def committed(objects):
    """Ask the receiver to commit itself to all of them; give how many it does."""
    references = tuple((CR, uid_of(number)) for number in range(objects))
    action = command_set(
        requested_class=COMMITMENT,
        requested_instance="1.2.840.10008.1.20.1.1",
        field=0x130,
        message_id=8,
        data_set=1,
        action_type=1,
    )
    with DicomPeer(PORT, timeout_s=60) as peer:
        assert peer.associate(calling="MODALITY") == 0x02
        peer.send(fragments(5, action, is_command=True))
        peer.send(fragments(5, asked(references, is_explicit=True), is_command=False))
        assert peer.status() == 0
        command, data = peer.message()
        peer.send(
            fragments(5, command_set(field=0x8100, replied_id=1, data_set=0x0101, status=0), is_command=True)
        )
        assert command[0x00001002] in (b"\1\0", b"\2\0")
        return data.count(b"\x08\x00\x55\x11") if command[0x00001002] == b"\1\0" else -1


def judge(way, sending):
    """Compare what was answered, what has a row and what is in the archive; give what is wrong."""
    rows = way.answered()
    by_uid = Counter(row["sop_instance_uid"] for row in rows)
    stored = {row["stored_path"] for row in rows}
    lying = {
        str(path.relative_to(way.spool)) for name in ("done", "failed") for path in files(way.spool / name)
    }
    reports = way.reports()
    of_scans = Counter(reports.values())
    expected = {uid_of(number) for number in range(sending.objects)}
    answered = {uid_of(number) for number in sending.answered}
    found = {
        "answered with success": len(answered),
        "sendings": sending.tries,
        "rows": len(rows),
        "arrivals of an instance that came before": len(rows) - len(by_uid),
        "reports in the archive": len(reports),
        "committed by the receiver": committed(sending.objects),
    }
    wrong = {
        "answered with success, without a row": len(answered - by_uid.keys()),
        "not answered": len(expected - answered),
        "rows without their file": len(stored - lying),
        "files without a row": len({one for one in lying - stored if not one.endswith(".reason.json")}),
        "files with two rows": len(rows) - len(stored),
        "more arrivals than sendings": max(0, len(rows) - sending.tries),
        "innocent scans not classified": sum(row["outcome"] != "classified" for row in rows),
        "scans without a report in the archive": len(expected - of_scans.keys()),
        "scans with two reports": sum(number > 1 for number in of_scans.values()),
        "reports of nothing that was sent": len(of_scans.keys() - expected),
        "not committed": sending.objects - found["committed by the receiver"],
        "not empty outbox": len(way.outbox("waiting")),
        "refused": len(way.outbox("refused")),
    }
    return found, wrong


def inside(folder, objects, kills, seed):
    """Travel, in a network alone; give the exit code."""
    raise_loopback()
    began = time.monotonic()
    with Way(folder, **QUICK) as way:
        sending = Sending(objects)
        killed = kill_in_turn(way, sending, kills, random.Random(seed))  # noqa: S311 -- of a test
        amid = {
            "answered": len(sending.answered),
            "recorded": len(way.answered()),
            "confirmed": len(way.outbox("confirmed")),
        }
        settle(way, sending, LONGEST_S)
        sending.stop()
        found, wrong = judge(way, sending)
    say(json.dumps({"kills": dict(killed), "when the last kill came": amid, **found}, indent=1))
    say("\n".join(f"{number:6} {what}" for what, number in wrong.items()))
    say(f"{time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}, seed {seed}")
    return int(any(wrong.values()) or sum(killed.values()) != kills)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.soak.travel")
    parser.add_argument("objects", type=int, nargs="?", default=1000)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--keep", type=Path, help="a folder that is not there, kept with all logs")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.inside:
        sys.exit(inside(words.keep, words.objects, words.kills, words.seed))
    with tempfile.TemporaryDirectory(prefix="inboxray-travel-") as name:
        folder = words.keep or Path(name) / "way"
        folder.mkdir(parents=True)
        again = [sys.executable, "-m", "tests.soak.travel", str(words.objects), str(words.kills), "--inside"]
        again += ["--keep", str(folder.resolve()), "--seed", str(words.seed)]
        sys.exit(subprocess.run(alone(again), check=False).returncode)


if __name__ == "__main__":
    main()
