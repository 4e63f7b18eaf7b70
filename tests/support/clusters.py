"""A real cluster on loopback: a scheduler and workers in processes of their own, encrypted."""

import shlex
import subprocess
import sys
from contextlib import ExitStack

from tests.support.daemons import environment, start
from tests.support.ports import free_port
from tests.support.waiting import wait_until

MACHINES = ("scheduler", "worker", "daemon")


class RunningCluster:
    """A scheduler, and as many workers as a test wants; all end with the block.

    Parameters
    ----------
    folder : Path
        Takes certificates, logs, caches.
    """

    def __init__(self, folder):
        from daemon.execution.dask.certificates import make_certificates

        self.folder = folder
        self.certificates = folder / "certificates"
        make_certificates(self.certificates, list(MACHINES), 1)
        self.address = f"tls://127.0.0.1:{free_port()}"
        self._ends = ExitStack()
        self._count = 0

    def __enter__(self):
        self.scheduler = self.start_scheduler()
        return self

    def __exit__(self, *_):
        self._ends.close()

    def settings(self, machine):
        """The settings of a machine, by their names."""
        return {
            "dask_scheduler": self.address,
            "dask_ca_file": self.certificates / "ca.pem",
            "dask_certificate_file": self.certificates / f"{machine}.pem",
            "dask_key_file": self.certificates / f"{machine}-key.pem",
        }

    def start_scheduler(self):
        """Start it; once it can be reached, give its process."""
        listen = self.address.removeprefix("tls://")
        return self._started("scheduler", ["cluster", "scheduler", "--listen", listen], "the scheduler is at")

    def start_worker(self, *, hidden=None):
        """Start one of one thread; once the scheduler knows it, give its process.

        Parameters
        ----------
        hidden : Path, optional
            A folder that it does not see: something else is mounted there.
        """
        self._count += 1
        own = self.folder / f"worker-{self._count}"
        words = [
            "cluster",
            "worker",
            "--threads",
            "1",
            "--cache",
            own / "cache",
            "--scratch",
            own / "scratch",
        ]
        return self._started("worker", words, "knows it", hidden=hidden)

    def _started(self, machine, words, said, *, hidden=None):
        log = self.folder / f"{machine}-{self._count}.log"
        variables = environment(self.folder / "none", **self.settings(machine))
        with log.open("wb") as errors:
            if hidden is None:
                process = start(words, env=variables, stdout=errors, stderr=errors)
            else:
                command = shlex.join([sys.executable, "-m", "daemon", *map(str, words)])
                script = f"mount -t tmpfs none {shlex.quote(str(hidden))} && exec {command}"
                process = subprocess.Popen(
                    ["unshare", "--mount", "sh", "-c", script], env=variables, stdout=errors, stderr=errors
                )
        self._ends.callback(process.wait)
        self._ends.callback(process.kill)
        wait_until(lambda: said in log.read_text(), timeout_s=60, what=f"the {machine}")
        return process


def can_hide():
    """Whether this user may mount something for one process alone."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
