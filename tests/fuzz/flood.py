"""A receiver under a flood: silent and trickling associations, and exchanges with damage in them.

``python -m tests.fuzz.flood 200 40 5000`` holds 200 associations open that send nothing, lets 40 senders
trickle, sends 5,000 damaged exchanges, and has good senders store objects of 1 MB all the while. It prints
how long those took, and the receiver's memory; it fails if the receiver ended, if a good sender waited longer
than two seconds, or if memory grew.
"""

import random
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.dicom_peer import CR, DicomPeer, associate_request, command_set, data_set, fragments, pdu
from tests.support.receivers import RunningReceiver, hidden, received

ACCEPT = 0x02
WITHIN_S = 2.0
MOST_GROWTH = 64 << 20
PIXELS = 1 << 20


@dataclass
class Flood:
    """What came of a flood.

    Attributes
    ----------
    waited : list of float
        Seconds that each good object took, from the first connection to the answer.
    rejected : int
        Tries that were sent away for the moment.
    memory : list of int
        Bytes that are resident, sampled; the first before the flood.
    damaged : int
        Damaged exchanges that were sent.
    stored, left : int
        Objects of good senders in the inbox, and what lies unfinished at the end.
    is_alive : bool
    """

    waited: list[float] = field(default_factory=list)
    rejected: int = 0
    memory: list[int] = field(default_factory=list)
    damaged: int = 0
    stored: int = 0
    left: int = 0
    is_alive: bool = False

    @property
    def growth(self) -> int:
        """Bytes of memory that it had at most beyond those at the beginning."""
        return max(self.memory) - self.memory[0]


def honest(uid="1.2.9"):
    """Give the PDUs of a whole exchange, one by one."""
    command = command_set(
        affected_class=CR, field=1, message_id=1, priority=0, data_set=0, affected_instance=uid
    )
    data = fragments(1, data_set(uid, pixels=bytes(60_000)), is_command=False)
    cut = [data[at : at + 16_012] for at in range(0, len(data), 16_012)]
    return [
        associate_request(calling="DAMAGED"),
        fragments(1, command, is_command=True),
        *cut,
        pdu(0x05, bytes(4)),
    ]


def damage(pdus, chance):
    """Damage an exchange in one of the ways in which peers are broken, or hostile."""
    kind = chance.randrange(7)
    at = chance.randrange(len(pdus))
    one = bytearray(pdus[at])
    if kind == 0:  # bits
        for _ in range(chance.randint(1, 16)):
            one[chance.randrange(len(one))] ^= 1 << chance.randrange(8)
    elif kind == 1:  # the length of the PDU
        one[2:6] = chance.choice([0, 1, 3, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(one)]).to_bytes(4, "big")
    elif kind == 2:  # a length inside
        place = chance.randrange(6, max(7, min(len(one) - 4, 200)))
        one[place : place + 4] = chance.choice([0, 0xFFFFFFFF, 0x80000000, 7]).to_bytes(4, "big")
    elif kind == 3:  # cut
        del one[chance.randrange(len(one)) :]
    elif kind == 4:  # out of turn
        return chance.sample(pdus, len(pdus))
    elif kind == 5:  # twice
        return [*pdus[: at + 1], *pdus[at:]]
    else:
        one = bytearray(chance.randbytes(chance.randrange(1, 4000)))
    return [*pdus[:at], bytes(one), *pdus[at + 1 :]]


class Attack:
    """The threads of a flood.

    Parameters
    ----------
    port : int
    flood : Flood
    """

    def __init__(self, port, flood):
        self.port, self.flood = port, flood
        self.is_over = threading.Event()
        self._lock = threading.Lock()

    def hold(self, number):
        """Keep so many associations open that send nothing; open those again that gave way."""
        held = []
        while not self.is_over.is_set():
            while len(held) < number and not self.is_over.is_set():
                with suppress(OSError):
                    one = socket.create_connection(("127.0.0.1", self.port), 5)
                    one.sendall(associate_request(calling="SILENT"))
                    held.append(one)
            self.is_over.wait(0.5)
            held = [one for one in held if not _is_gone(one)]
        for one in held:
            one.close()

    def trickle(self):
        """Send an object a few bytes at a time, for ever."""
        sent = b"".join(honest())
        while not self.is_over.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as slow:
                slow.sendall(sent[:2000])
                for at in range(2000, len(sent), 10):
                    slow.sendall(sent[at : at + 10])
                    if self.is_over.wait(0.2):
                        break

    def damage(self, numbers):
        """Send damaged exchanges."""
        for number in numbers:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as peer:
                peer.settimeout(0.05)
                for one in damage(honest(f"1.2.9.{number}"), random.Random(number)):  # noqa: S311
                    peer.sendall(one)
                    with suppress(TimeoutError):
                        peer.recv(4096)
            with self._lock:
                self.flood.damaged += 1

    def store(self, name):
        """Store objects as a good sender does, each on an association of its own."""
        number = 0
        while not self.is_over.is_set():
            number += 1
            uid = f"1.2.{name}.{number}"
            content = data_set(uid, pixels=bytes(PIXELS))
            began = time.monotonic()
            while not self._stored(uid, content):
                self.flood.rejected += 1
                time.sleep(0.05)  # as a sender waits before it tries again
            self.flood.waited.append(time.monotonic() - began)
            self.is_over.wait(0.2)

    def _stored(self, uid, content):
        with DicomPeer(self.port) as peer:
            if peer.associate(calling="GOOD") != ACCEPT:
                return False
            assert peer.store(uid, content, size=60_000) == 0
            peer.release()
            return True


def _is_gone(one):
    one.setblocking(False)
    try:
        while one.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    one.close()
    return True


def flood(spool, *, silent, slow, damaged, good=2, senders=8):
    """Flood a receiver of its own, and see what comes of it.

    Parameters
    ----------
    spool : Path
    silent, slow, damaged, good, senders : int
        Associations that send nothing, senders that trickle, damaged exchanges, good senders, and threads
        that send what is damaged.

    Returns
    -------
    Flood
    """
    found = Flood()
    with RunningReceiver(spool, fresh=True, receive_silence_s=20) as receiver:
        process = psutil.Process(receiver.process.pid)
        attack = Attack(receiver.port, found)
        for number in range(3):  # what it needs once
            assert attack._stored(f"1.1.{number}", data_set(f"1.1.{number}", pixels=bytes(PIXELS)))
        found.memory.append(process.memory_info().rss)
        threads = [threading.Thread(target=attack.hold, args=(silent,))]
        threads += [threading.Thread(target=attack.trickle) for _ in range(slow)]
        threads += [threading.Thread(target=attack.store, args=(name,)) for name in range(good)]
        work = [
            threading.Thread(target=attack.damage, args=(range(first, damaged, senders),))
            for first in range(senders)
        ]
        for thread in (*threads, *work):
            thread.start()
        while any(thread.is_alive() for thread in work) or len(found.waited) < 3 * good:
            if receiver.process.poll() is not None:
                break
            found.memory.append(process.memory_info().rss)
            time.sleep(0.2)
        attack.is_over.set()
        for thread in threads:
            thread.join()
        found.is_alive = receiver.process.poll() is None and attack._stored("1.1.9", data_set("1.1.9"))
        assert receiver.stop() == 0
    found.stored = sum(file.parent.name == "GOOD" for file in received(spool))
    found.left = len(hidden(spool))
    return found


def report(found):
    """Write what came of a flood in lines."""
    waited = sorted(found.waited)
    most, half = waited[-1], waited[len(waited) // 2]
    parts = [found.memory[(len(found.memory) - 1) * part // 4] >> 20 for part in range(5)]
    lines = {
        "receiver": "up" if found.is_alive else "DOWN",
        "damaged exchanges": found.damaged,
        "good objects": f"{len(waited)}, each in {most:.2f} s at most, half of them in {half:.2f} s",
        "sent away": f"{found.rejected} tries of good senders, which came again",
        "memory": f"{max(found.memory) >> 20} MB at most; before, and at each quarter: {parts}",
        "in the inbox": f"{found.stored} objects of good senders, {found.left} unfinished files",
    }
    return "".join(f"{name:18} {value}\n" for name, value in lines.items())


if __name__ == "__main__":
    silent, slow, damaged = map(int, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as name:
        seen = flood(Path(name) / "spool", silent=silent, slow=slow, damaged=damaged)
    sys.stdout.write(report(seen))
    is_good = seen.is_alive and max(seen.waited) < WITHIN_S and seen.growth < MOST_GROWTH and not seen.left
    sys.exit(not is_good)
