"""The wheel alone, in an environment of its own: nothing comes from the source.

The libraries are those of the environment that runs the tests; with INBOXRAY_FROM_INDEX=1 (`make wheel`) they
come from the package index, as a user's do.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from model.release import shipped_folders
from tests.support.pictures import png_bytes

ROOT = Path(__file__).resolve().parents[2]
FROM_INDEX = "INBOXRAY_FROM_INDEX" in os.environ
MOST_BYTES_OF_A_RELEASE = 215_000
"""What a release has beside its network: the manifest, the card, what abstention goes by; packed."""
MOST_BYTES_A_FILE = 1_700
"""Of all others on average, packed and with their places in the archive: modules are short, and no data."""
MOST_BYTES_OF_ONE = 8_000
MOST_BYTES_A_LINE_OF_RECORD = 60
"""Of the list of all files with their digests, which the build writes."""
_ENTRY = 76  # bytes of a file's two headers in a ZIP, beside its name that stands in both
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
PACKAGES = set(BUILD["only-include"]) - {"systemd"}

pytestmark = pytest.mark.timeout(900)


def run(*command, cwd, expected=0, **variables):
    """Run a command with nothing of the source in reach."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INBOXRAY_", "PYTHON"))}
    end = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert end.returncode == expected, end.stdout + end.stderr
    return end


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """An environment that was empty before the wheel came."""
    folder = tmp_path_factory.mktemp("opt") / "inboxray"
    python = folder / "bin" / "python"
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if FROM_INDEX:
        run(sys.executable, "-m", "venv", folder, cwd="/")
        run(*install, "--constraint", ROOT / "requirements.lock", f"{wheel}[postgres]", cwd="/")
        return folder
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd="/")
    libraries = sorted({path for path in sys.path if path.endswith(("site-packages", "dist-packages"))})
    own = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    (Path(own) / "libraries.pth").write_text("\n".join(libraries))
    run(*install, "--no-deps", "--no-index", "--ignore-installed", wheel, cwd="/")
    return folder


def test_it_holds_what_serves_and_no_keras_weights(wheel):
    packed = {one.filename: one.compress_size for one in zipfile.ZipFile(wheel).infolist()}
    names = set(packed)
    networks = {name for name in names if name.endswith(".tflite")}
    assert networks == {f"model/releases/{folder.name}/network.tflite" for folder in shipped_folders()}
    of_releases = {name for name in names if name.startswith("model/releases/")} - networks
    for folder in shipped_folders():
        own = {name for name in of_releases if name.startswith(f"model/releases/{folder.name}/")}
        assert sum(packed[name] for name in own) < MOST_BYTES_OF_A_RELEASE
    (record,) = (name for name in names if name.endswith(".dist-info/RECORD"))
    assert packed[record] < MOST_BYTES_A_LINE_OF_RECORD * len(names)
    others = [packed[name] + _ENTRY + 2 * len(name) for name in names - of_releases - networks - {record}]
    assert max(others) < MOST_BYTES_OF_ONE
    assert sum(others) / len(others) < MOST_BYTES_A_FILE
    assert [name for name in names if name.endswith(".h5") or name.startswith(("tests/", "systemd/"))] == []
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    shipped = {name.removeprefix("daemon/service_files/") for name in names if "/service_files/" in name}
    assert shipped == {
        str(path.relative_to(ROOT / "systemd"))
        for path in (ROOT / "systemd").rglob("*")
        if path.is_file() and path.name not in ("install.sh", "build_deb.sh")
    }


def test_no_package_is_forgotten_by_the_wheel_and_by_the_image():
    """A package that is new must be named in both."""
    own = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Containerfile").read_text(), re.MULTILINE)
    assert own == PACKAGES
    assert set(copied) == PACKAGES | {"systemd"}


def test_nothing_comes_from_the_source(environment):
    reported = run(
        environment / "bin" / "python", "-c", "import daemon; print(daemon.__file__)", cwd="/"
    ).stdout
    assert Path(reported.strip()).is_relative_to(environment)


def test_what_it_needs_is_there(environment):
    assert run(environment / "bin" / "python", "-m", "pip", "check", cwd="/").stdout == (
        "No broken requirements found.\n"
    )


def test_a_drop_is_answered(environment, tmp_path):
    (tmp_path / "spool" / "inbox").mkdir(parents=True)
    (tmp_path / "spool" / "inbox" / "hand.png").write_bytes(png_bytes(1))
    inboxray = environment / "bin" / "inboxray"
    run(inboxray, "once", cwd=tmp_path)
    (row,) = json.loads(run(inboxray, "results", "--format", "json", cwd=tmp_path).stdout)
    assert (row["source_name"], row["outcome"]) == ("hand.png", "classified")


def test_the_release_is_whole_and_says_where_the_keras_weights_are(environment, tmp_path):
    inboxray = environment / "bin" / "inboxray"
    assert (
        "copy network.weights.h5 from model/releases/"
        in run(inboxray, "model", "verify", cwd=tmp_path).stderr
    )
    end = run(inboxray, "config", "check", cwd=tmp_path, expected=78, INBOXRAY_ENGINE="tensorflow")
    assert "copy network.weights.h5 from model/releases/" in end.stderr


def test_it_makes_a_service_of_itself(environment, tmp_path):
    inboxray = environment / "bin" / "inboxray"
    end = run(inboxray, "install-service", "--destdir", tmp_path, "--files-only", cwd="/")
    units = tmp_path / "etc" / "systemd" / "system"
    unit = (units / "inboxray.service").read_text()
    assert f"\nExecStart={inboxray} run\n" in unit
    share = tmp_path / str(environment)[1:] / "share" / "inboxray"
    assert {path.name for path in share.rglob("*") if path.is_file()} == {
        *("README.md", "alerts.yml", "dashboard.json", "inboxray.toml", "inboxray-page.tmpfiles"),
        *("postgresql-roles.sql", "service.sh"),
    }
    assert (tmp_path / "usr/local/share/man/man1/inboxray.1").read_text().startswith(".TH INBOXRAY")
    assert re.search(r"inboxray: /usr/local/bin/inboxray -> \S+/bin/inboxray\n", end.stderr)
    if shutil.which("systemd-analyze") is not None:
        run("systemd-analyze", "verify", "--man=no", units / "inboxray.service", cwd="/")
    run(inboxray, "uninstall-service", "--destdir", tmp_path, cwd="/")
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()] == []
