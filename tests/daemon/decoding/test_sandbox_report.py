import pytest

from daemon.decoding.confine import Confinement
from daemon.decoding.landlock import landlock_version
from daemon.decoding.probe import ACTS
from daemon.decoding.sandbox_report import SandboxReport, try_sandbox


def test_a_child_without_a_sandbox_can_do_all_of_it():
    report = try_sandbox(is_confined=False)

    assert (report.confinement, report.possible) == (Confinement(), frozenset(ACTS))
    assert not any(row["holds"] for row in report.rows())


def test_a_child_can_do_nothing_but_decode():
    report = try_sandbox()

    assert report.confinement == Confinement(True, landlock_version(), True)
    reads = {"read_another_file", "list_a_folder"}
    assert report.possible == (frozenset() if report.confinement.landlock else reads)


@pytest.mark.parametrize("holds", [(False, 7, True), (True, 0, True), (True, 7, False)])
def test_a_missing_layer_is_seen(holds):
    assert not SandboxReport(Confinement(*holds), frozenset()).is_whole
