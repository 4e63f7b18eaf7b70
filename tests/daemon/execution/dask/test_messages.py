import subprocess
import sys

from daemon.decoding.limits import ChildLimits
from daemon.execution.dask.messages import Preparation, difference, versions
from model.reading.eligibility import Eligibility
from model.reading.limits import Limits

SHOWN = "from tests.daemon.execution.dask.test_messages import preparation; print(preparation().digest)"


def preparation(**changed):
    taken = Eligibility(body_parts=frozenset({"HAND", "WRIST", "ELBOW", "FOOT"}))
    limits = ChildLimits(30, 1, 1 << 30, 1 << 30, Limits(), eligibility=taken, **changed)
    return Preparation(limits, 1000, "0" * 64, "litert", 16)


def test_two_daemons_of_the_same_settings_name_their_preparation_alike():
    """Break it: hash its repr. Sets are written in another order in each process."""
    seen = set()
    for seed in ("1", "2"):
        end = subprocess.run(
            [sys.executable, "-c", SHOWN],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            check=True,
        )
        seen.add(end.stdout.strip().decode())
    assert seen == {preparation().digest}


def test_another_limit_is_another_preparation():
    assert preparation(may_reduce=True).digest != preparation().digest


def test_what_differs_between_two_machines_is_named():
    ours = {"numpy": "2.3", "pydicom": "3.0.2"}
    assert difference(ours, dict(ours)) is None
    assert difference(ours, {"numpy": "2.2", "pydicom": "3.0.2"}) == "numpy 2.2 where this daemon has 2.3"
    assert difference(ours, {"numpy": "2.3"}) == "pydicom absent where this daemon has 3.0.2"


def test_what_an_answer_hangs_on_is_there():
    assert "absent" not in versions().values()
