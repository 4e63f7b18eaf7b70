import os
import shutil
import subprocess
import sys
import time

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from daemon.monitoring.process_metrics import ProcessMetrics
from tests.support.deadlines import scaled

NAMES = {
    "process_virtual_memory_bytes",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
}
# In a namespace of its own, with the /proc that systemd mounts for ProcSubset=pid.
HIDDEN = """
set -e
mount -t proc -o subset=pid proc /proc
test ! -e /proc/stat
exec "$@"
"""


def measured(collector):
    return {sample.name: sample.value for family in collector.collect() for sample in family.samples}


def test_it_says_what_the_librarys_own_collector_says():
    library = measured(ProcessCollector(registry=CollectorRegistry()))

    ours = measured(ProcessMetrics())

    assert set(ours) == set(library) == NAMES
    assert ours["process_resident_memory_bytes"] == pytest.approx(
        library["process_resident_memory_bytes"], rel=0.1
    )
    assert ours["process_virtual_memory_bytes"] == pytest.approx(
        library["process_virtual_memory_bytes"], rel=0.1
    )
    assert ours["process_start_time_seconds"] == pytest.approx(library["process_start_time_seconds"], abs=2)
    assert ours["process_cpu_seconds_total"] == pytest.approx(library["process_cpu_seconds_total"], abs=5)
    assert ours["process_max_fds"] == library["process_max_fds"]


def test_processor_time_and_open_files_are_those_of_now():
    before = measured(ProcessMetrics())
    spent = time.process_time()
    while time.process_time() - spent < 0.1:  # more than a tick of the kernel's
        pass
    with open(os.devnull, "rb"):
        after = measured(ProcessMetrics())

    assert after["process_cpu_seconds_total"] > before["process_cpu_seconds_total"]
    assert after["process_open_fds"] == before["process_open_fds"] + 1


def test_the_name_of_the_program_may_hold_spaces_and_brackets(tmp_path):
    fields = ["S", *(str(number) for number in range(50))]
    (tmp_path / "stat").write_text(f"12 (a ) b ) {' '.join(fields)}\n")
    (tmp_path / "fd").mkdir()

    assert measured(ProcessMetrics(tmp_path))["process_virtual_memory_bytes"] == 19


def test_where_the_kernel_shows_nothing_nothing_is_measured(tmp_path):
    assert measured(ProcessMetrics(tmp_path)) == {}


@pytest.mark.skipif(shutil.which("unshare") is None, reason="util-linux is not installed")
def test_what_the_shipped_unit_hides_is_not_needed():
    program = (
        "from daemon.monitoring.process_metrics import ProcessMetrics as Ours\n"
        "for family in Ours().collect():\n"
        "    print(*(sample.name for sample in family.samples))\n"
    )
    hidden = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", HIDDEN, "sh"]
    if subprocess.run([*hidden, "true"], capture_output=True, check=False, timeout=scaled(60)).returncode:
        pytest.skip("only root hides parts of /proc, on Linux 5.8 and later")

    end = subprocess.run(
        [*hidden, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=scaled(60),
    )

    assert set(end.stdout.split()) == NAMES
