import shlex
import sys
from importlib.metadata import requires

import pytest

from model import extras
from model.extras import install_line, tensorflow_line
from tests.newcomer.lock import TARGETS, asked


def packages(extra):
    python, *command = shlex.split(install_line(extra))
    assert python == sys.executable
    assert command[:3] == ["-m", "pip", "install"]
    return command[3:]


@pytest.mark.parametrize("extra", ["train", "postgres", "demo"])
def test_it_names_what_the_extra_consists_of_and_nothing_else(extra):
    reported = packages(extra)

    assert reported
    for one in reported:
        assert any(line.startswith(one.partition(";")[0]) and extra in line for line in requires("inboxray"))


def test_training_needs_tensorflow_but_nothing_that_every_installation_has():
    reported = " ".join(packages("train"))

    assert "tensorflow" in reported
    assert "numpy" not in reported
    assert "extra ==" not in reported


def test_a_condition_on_python_stays(monkeypatch):
    lines = [
        "numpy>=2",
        "one>=1; extra == 'train'",
        "two; python_version < '3.14' and extra == 'train'",
        "three; (python_version < '3.14') and extra == \"train\"",
        "four; extra == 'demo'",
    ]
    monkeypatch.setattr(extras, "requires", lambda _: lines)

    assert packages("train") == ["one>=1", "two; python_version < '3.14'", "three; python_version < '3.14'"]


def test_where_inboxray_is_not_installed_its_checkout_is_named(monkeypatch):
    def away(_):
        raise extras.PackageNotFoundError

    monkeypatch.setattr(extras, "requires", away)

    assert packages("train") == [".[train]"]


@pytest.mark.parametrize("python", sorted({target.python for target in TARGETS}))
def test_where_tensorflow_has_no_release_a_python_that_has_one_is_named(monkeypatch, python):
    monkeypatch.setattr(sys, "version_info", (*map(int, python.split(".")), 2, "final", 0))
    (tensorflow,) = (one for one in asked()["train"] if one.name == "tensorflow")
    if any(target.takes(tensorflow) for target in TARGETS if target.python == python):
        assert tensorflow_line() == install_line("train")
    else:
        assert "a Python below 3.14" in tensorflow_line()
        assert "pip install" not in tensorflow_line()
