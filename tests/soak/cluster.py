"""Two daemons on one PostgreSQL and one cluster, each process a machine of its own, some of which are killed.

    python -m tests.soak.cluster [FILES] [KILLS]

As root, with iproute2: each machine is a network namespace on one bridge, which no other network reaches.
One worker does not see the spools: something else is mounted there for it. Then: was any file lost, or
answered twice, did an innocent one fail, and are the answers those of one machine, bit for bit?
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from daemon.execution.dask.certificates import make_certificates
from tests.support.daemons import environment, inboxray
from tests.support.pictures import png_bytes
from tests.support.postgres import PostgresServer, find_binaries

QUICK = {"settle_s": 0.2, "look_interval_ms": 20, "sweep_s": 1, "previews": False, "incomplete_wait_s": 1}
SITES = ("site-a", "site-b")
MACHINES = ("scheduler", "worker-1", "worker-2", "worker-3", *SITES)
HIDDEN = "worker-3"
BETWEEN_S = 1.5
EVERY_BROKEN = 50

ANSWERS = (
    "SELECT scans.sha256, outcome, error_code, scans.decision, logit, distance, heat_map FROM scans"
    " LEFT JOIN predictions ON scan_seq = seq WHERE duplicate_of IS NULL ORDER BY scans.sha256"
)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Network:
    """Machines on a bridge."""

    def __init__(self):
        self.names = {name: f"ibx{os.getpid()}-{number}" for number, name in enumerate((*MACHINES, "hub"))}

    def __enter__(self):
        hub = self.names["hub"]
        ip("netns", "add", hub)
        ip("-n", hub, "link", "add", "bridge0", "type", "bridge")
        ip("-n", hub, "link", "set", "bridge0", "up")
        for number, name in enumerate(MACHINES, 1):
            own = self.names[name]
            ip("netns", "add", own)
            ip(
                "-n",
                own,
                "link",
                "add",
                "eth0",
                "type",
                "veth",
                "peer",
                "name",
                f"port{number}",
                "netns",
                hub,
            )
            ip("-n", hub, "link", "set", f"port{number}", "master", "bridge0", "up")
            ip("-n", own, "address", "add", f"10.77.0.{number}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", own, "link", "set", device, "up")
        return self

    def __exit__(self, *_):
        for name in self.names.values():
            with contextlib.suppress(subprocess.CalledProcessError):
                ip("netns", "delete", name)

    def address(self, name):
        return f"10.77.0.{MACHINES.index(name) + 1}"


class Machines:
    """The processes, each started again when it ended."""

    def __init__(self, network, folder, database):
        self.network, self.folder, self.database = network, folder, database
        self.certificates = folder / "certificates"
        make_certificates(self.certificates, list(MACHINES), 1)
        self.scheduler = f"tls://{network.address('scheduler')}:8786"
        self.running = {}

    def spool(self, site):
        return self.folder / "spools" / site

    def start(self, name):
        settings = {
            "dask_scheduler": self.scheduler,
            "dask_ca_file": self.certificates / "ca.pem",
            "dask_certificate_file": self.certificates / f"{name}.pem",
            "dask_key_file": self.certificates / f"{name}-key.pem",
        }
        if name == "scheduler":
            words = ["cluster", "scheduler", "--listen", f"{self.network.address(name)}:8786"]
        elif name in SITES:
            words = ["run"]
            settings |= QUICK | {"executor": "dask", "database_url": self.database}
        else:
            own = self.folder / name
            words = ["cluster", "worker", "--threads", "1", "--name", name, "--cache", own, "--scratch", own]
        variables = environment(self.spool(name) if name in SITES else self.folder / "none", **settings)
        command = [
            "ip",
            "netns",
            "exec",
            self.network.names[name],
            sys.executable,
            "-m",
            "daemon",
            *map(str, words),
        ]
        if name == HIDDEN:
            hide = f'mount -t tmpfs none "{self.folder / "spools"}" && exec "$@"'
            command = ["unshare", "--mount", "sh", "-c", hide, "sh", *command]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, env=variables, stdout=log, stderr=log)

    def kill(self, name):
        self.running[name].kill()
        self.running[name].wait()

    def close(self):
        for process in self.running.values():
            process.kill()
            process.wait()


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def fill(machines, files):
    """Put files into the inboxes in turn; give how many are sound."""
    sound = 0
    for number in range(files):
        inbox = machines.spool(SITES[number % len(SITES)]) / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        content = png_bytes(number)
        if number % EVERY_BROKEN == EVERY_BROKEN - 1:
            content = content[: len(content) // 2]
        else:
            sound += 1
        (inbox / f"{number}.png").write_bytes(content)
    return sound


def count(database):
    try:
        with psycopg.connect(database) as connection:
            return connection.execute("SELECT count(*) FROM scans").fetchone()[0]
    except psycopg.errors.UndefinedTable:
        return 0


def prove(machines, files, kills):
    """Serve, kill, wait; give how many kills there were before all was answered, and the seconds."""
    rng, done, began = random.Random(20), 0, time.monotonic()  # noqa: S311 -- of a test
    for name in MACHINES:
        machines.start(name)
    next_kill = time.monotonic() + 10
    while (answered := count(machines.database)) < files and time.monotonic() < began + 3600:
        if done < kills and time.monotonic() >= next_kill and answered:
            victim = rng.choice(MACHINES)
            machines.kill(victim)
            machines.start(victim)
            done, next_kill = done + 1, time.monotonic() + rng.uniform(0.5, 2 * BETWEEN_S)
            if done % 10 == 0:
                say(f"  {done} kills, {answered} of {files} answered, {time.monotonic() - began:.0f} s")
        time.sleep(0.1)
    return done, time.monotonic() - began


def compare(machines, alone):
    """Answer the same files on one machine; give how many answers differ."""
    with psycopg.connect(machines.database) as connection:
        theirs = [tuple(map(plain, row)) for row in connection.execute(ANSWERS)]
    for site in SITES:
        for path in [
            *machines.spool(site).rglob("done/*/*.png"),
            *machines.spool(site).rglob("failed/*/*.png"),
        ]:
            target = alone / "inbox" / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    inboxray(alone, "once", timeout=3600, **QUICK)
    import sqlite3

    with contextlib.closing(sqlite3.connect(alone / "results.db")) as connection:
        ours = [tuple(map(plain, row)) for row in connection.execute(ANSWERS)]
    return len(theirs), len(ours), len(set(theirs) ^ set(ours))


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def main():
    files, kills = (int(word) for word in (sys.argv[1:] + ["5000", "60"][len(sys.argv) - 1 :]))
    server = PostgresServer(find_binaries(), durable=True)
    server.start()
    folder = Path(tempfile.mkdtemp(prefix="inboxray-cluster-"))
    name = server.create_database().rpartition("/")[2]
    database = f"postgresql://postgres@/{name}?host={server.folder}&port={server.port}"  # in every namespace
    with Network() as network:
        machines = Machines(network, folder, database)
        try:
            sound = fill(machines, files)
            cut, load = files - sound, os.getloadavg()[0]
            say(f"{files} files, {cut} of them cut short; 2 daemons, 3 workers; load {load:.1f}")
            done, seconds = prove(machines, files, kills)
            time.sleep(3)
        finally:
            machines.close()
        with psycopg.connect(database) as connection:
            rows, names, failed = connection.execute(
                "SELECT count(*), count(DISTINCT source_name), count(*) FILTER (WHERE outcome = 'failed')"
                " FROM scans"
            ).fetchone()
        say(f"{seconds:.0f} s, {done} kills")
        if done < kills:
            say(f"all was answered before the other {kills - done} kills: give more FILES")
        say(f"lost {files - names}, twice {rows - names}, innocent files failed {failed - (files - sound)}")
        theirs, ours, differ = compare(machines, folder / "alone")
        say(f"answers of the cluster {theirs}, of one machine {ours}, different {differ}")
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if (names, rows, failed, differ, done) == (files, files, files - sound, 0, kills) else 1)


if __name__ == "__main__":
    main()
