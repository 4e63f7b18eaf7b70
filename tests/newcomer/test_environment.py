"""environment.sh makes an environment with pip whatever Python came with, and says so where it cannot."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pip = pytest.importorskip("pip", reason="these tests run in an environment without pip")

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
ensurepip = pytest.importorskip("ensurepip", reason="this Python has no ensurepip")
BUNDLED = Path(ensurepip.__file__).parent / "_bundled"  # pip's wheel; some systems keep it elsewhere
needs_bundled = pytest.mark.skipif(
    not BUNDLED.is_dir(), reason="this Python's ensurepip brings no wheel of pip"
)


@pytest.fixture
def without(tmp_path):
    """Give a Python that has no such modules."""

    def make(*modules):
        program = tmp_path / "python-without"
        cases = "|".join(f'"-c import {module}"' for module in modules)
        program.write_text(f'#!/bin/sh\ncase "$*" in {cases}) exit 1 ;; esac\nexec {PYTHON} "$@"\n')
        program.chmod(0o755)
        return program

    return make


@pytest.fixture
def programs(tmp_path):
    """Give a folder for PATH with what the script itself needs: no package manager, no uv."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("sh", "env", "id", "mktemp", "rm", "tail"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def make_environment(folder, python=PYTHON, **variables):
    variables = {name: str(value) for name, value in variables.items()}
    return subprocess.run(
        ["sh", ROOT / "environment.sh", folder],
        env=os.environ | {"PYTHON": str(python)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_works(folder):
    subprocess.run([folder / "bin" / "python", "-m", "pip", "--version"], check=True, capture_output=True)


def test_it_is_left_alone_and_made_anew_once_it_is_broken(tmp_path):
    folder = tmp_path / "a folder"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    borrowed = packages / "pip.pth"
    borrowed.write_text(str(Path(pip.__file__).parents[1]))
    mine = folder / "mine"
    mine.touch()
    assert make_environment(folder).stderr == ""
    assert_works(folder)
    assert mine.exists()

    borrowed.unlink()  # as of an installation that was interrupted
    assert make_environment(folder).returncode == 0
    assert_works(folder)
    assert not mine.exists()


@needs_bundled
def test_without_ensurepip_a_pip_that_is_installed_puts_one_in(tmp_path, without, programs):
    mine = tmp_path / "environment" / "mine"
    mine.parent.mkdir()
    mine.touch()
    end = make_environment(
        tmp_path / "environment",
        without("ensurepip", "virtualenv"),
        PATH=programs,
        PYTHONPATH=next(BUNDLED.glob("pip-*.whl")),
        PIP_NO_INDEX=1,
        PIP_FIND_LINKS=BUNDLED,
        PIP_NO_COMPILE=1,  # pip's modules, which takes longer than all else
    )
    assert end.returncode == 0, end.stderr
    assert "with the installed pip" in end.stderr
    assert_works(tmp_path / "environment")
    assert mine.exists()  # no folder is emptied that was no environment


def test_without_any_way_it_says_what_to_type(tmp_path, without, programs):
    apt = programs / "apt-get"
    apt.write_text("#!/bin/sh\nexit 100\n")
    apt.chmod(0o755)
    python = without("ensurepip", "virtualenv", "pip")
    end = make_environment(tmp_path / "environment", python, PATH=programs)
    assert end.returncode == 1
    major, minor = sys.version_info[:2]
    assert f"    sudo apt-get install python{major}.{minor}-venv\n" in end.stderr


def test_a_python_that_is_too_old_or_away_is_refused(tmp_path):
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in (old, tmp_path / "python-that-is-away"):
        end = make_environment(tmp_path / "environment", python)
        assert end.returncode == 1
        assert "Python 3.11 or later is needed" in end.stderr
        assert not (tmp_path / "environment").exists()
