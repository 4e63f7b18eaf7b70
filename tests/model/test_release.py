"""A release is opened only if each of its files is what its manifest says.

Break it: let `model.release._read_verified` compare no digest: one changed byte is taken.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from model.errors import ReleaseError
from model.network_shape import NetworkShape
from model.release import (
    MANIFEST,
    find_release,
    open_release,
    shipped_folders,
    shipped_release,
    verify,
)
from tests.support.references import small_reference

FILES = {"network.tflite": b"network", "network.weights.h5": b"weights", "abstention.npz": b"numbers"}


def manifest_of(**changes):
    manifest = {
        "format": 1,
        "name": "small",
        "version": "1.2.3",
        "classes": ["not_fractured", "fractured"],
        "network": "network.tflite",
        "weights": "network.weights.h5",
        "abstention": "abstention.npz",
        "thresholds": {"rule_out": 0.3, "rule_in": 0.7, "distance": 2.0},
        "calibration": {"slope": 1.5, "intercept": 0.25, "prevalence": 0.5},
        "pipeline_version": "7",
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in FILES.items()
        },
        "training": {"digest": "d" * 64, "seed": 3},
        "reference": small_reference().as_plain(),
    }
    return manifest | changes


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "small-1.2.3"
    path.mkdir()
    for name, content in FILES.items():
        (path / name).write_bytes(content)
    (path / MANIFEST).write_text(json.dumps(manifest_of()))
    return path


def rewrite(folder, **changes):
    (folder / MANIFEST).write_text(json.dumps(manifest_of(**changes)))


def test_a_release_is_what_its_manifest_says(folder):
    release = open_release(folder)

    assert release.label == "small@1.2.3"
    assert release.thresholds.rule_in == 0.7
    assert release.calibration.slope == 1.5
    assert release.pipeline_version == "7"
    assert release.training_digest == "d" * 64
    assert release.training["seed"] == 3
    assert {name: release.read(name) for name in release.files} == FILES


def test_the_identity_covers_thresholds_as_well_as_files(folder):
    before = open_release(folder).sha256
    rewrite(folder, thresholds={"rule_out": 0.3, "rule_in": 0.71, "distance": 2.0})

    assert open_release(folder).sha256 != before


@pytest.mark.parametrize("name", list(FILES))
def test_one_changed_byte_is_refused_before_anything_is_parsed(folder, name):
    content = bytearray(FILES[name])
    content[0] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(ReleaseError, match=f"{name} .* is not what was released"):
        verify(folder)


def test_a_file_swapped_after_opening_is_refused(folder):
    release = open_release(folder)
    (folder / "network.tflite").write_bytes(b"another")

    with pytest.raises(ReleaseError, match="not what was released"):
        release.read("network.tflite")


def test_an_absent_file_is_refused(folder):
    (folder / "abstention.npz").unlink()

    with pytest.raises(ReleaseError, match=r"abstention.npz .* cannot be read"):
        open_release(folder)


def test_the_keras_weights_may_be_absent_and_asking_for_them_says_where_they_are(folder):
    weights = folder / "network.weights.h5"
    before = open_release(folder)
    assert before.has_weights
    weights.unlink()

    release = open_release(folder)

    assert (release.sha256, release.has_weights) == (before.sha256, False)
    with pytest.raises(ReleaseError, match=r"copy network.weights.h5 from model/releases/small-1.2.3 of the"):
        release.read("network.weights.h5")
    weights.write_bytes(FILES["network.weights.h5"])
    assert release.read("network.weights.h5") == FILES["network.weights.h5"]


def test_a_dangling_link_is_no_absent_file(folder):
    (folder / "network.weights.h5").unlink()
    (folder / "network.weights.h5").symlink_to("nowhere")

    with pytest.raises(ReleaseError, match="cannot be read"):
        open_release(folder)


@pytest.mark.parametrize("name", ["model.keras", ".hidden", "extra"])
def test_a_file_that_is_not_listed_is_refused(folder, name):
    (folder / name).write_bytes(b"PK\x03\x04")

    with pytest.raises(ReleaseError, match="does not list"):
        open_release(folder)


@pytest.mark.parametrize("name", ["../network.tflite", "/etc/hostname", "a/b", "", ".", MANIFEST])
def test_a_name_that_leads_elsewhere_is_refused(folder, name):
    files = manifest_of()["files"]
    rewrite(folder, files={**files, name: files["network.tflite"]})

    with pytest.raises(ReleaseError, match="malformed"):
        open_release(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": 3},
        {"classes": ["fractured", "not_fractured"]},
        {"thresholds": {"rule_out": 0.8, "rule_in": 0.7, "distance": 2.0}},
        {"thresholds": {"rule_out": 0.3}},
        {"calibration": {"slope": "steep", "intercept": 0.0, "prevalence": 0.5}},
        {"calibration": {"slope": -1.0, "intercept": 0.0, "prevalence": 0.5}},
        {"files": {}},
        {"files": {"network.tflite": {"sha256": "short"}}},
        {"files": []},
        {"training": {}},
        {"format": 2},
    ],
)
def test_a_malformed_manifest_is_refused(folder, changes):
    rewrite(folder, **changes)

    with pytest.raises(ReleaseError) as caught:
        open_release(folder)
    assert caught.value.exit_code == 78


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b" " * (1 << 21)]
)
def test_a_manifest_that_is_none_is_refused(folder, content):
    (folder / MANIFEST).write_bytes(content)

    with pytest.raises(ReleaseError, match=MANIFEST):
        open_release(folder)


def test_a_folder_without_a_manifest_is_no_release(tmp_path):
    with pytest.raises(ReleaseError, match="there is no release"):
        find_release(tmp_path)


def test_the_newest_shipped_release_is_found_by_number_not_by_letter(folder, tmp_path):
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        shutil.copytree(folder, tmp_path / "releases" / f"small-{version}")

    assert find_release(releases=tmp_path / "releases").name == "small-1.10.0"
    assert [one.name for one in shipped_folders(tmp_path / "releases")] == [
        *("small-1.10.0", "small-1.9.0", "small-1.2.0")
    ]


def test_of_two_releases_of_one_version_the_one_without_a_size_in_its_name_is_the_newest(folder, tmp_path):
    """Break it: order by the folder's name alone. An upgrade would double what a picture costs."""
    for name in ("small-2.0.0", "small-320-2.0.0", "small-320-1.9.0"):
        shutil.copytree(folder, tmp_path / "releases" / name)

    assert [one.name for one in shipped_folders(tmp_path / "releases")] == [
        *("small-2.0.0", "small-320-2.0.0", "small-320-1.9.0")
    ]


def test_a_release_that_ships_is_found_by_its_name_and_one_elsewhere_is_not(folder, tmp_path):
    """Break it: look at the last part of a path. A folder that is gone is answered for by another."""
    releases = tmp_path / "releases"
    shutil.copytree(folder, releases / "small-320-2.0.0")

    for name in ("small-320@2.0.0", "small-320-2.0.0"):
        assert shipped_release(name, releases) == releases / "small-320-2.0.0"
        assert find_release(Path(name), releases) == releases / "small-320-2.0.0"
        with pytest.raises(ReleaseError, match="there is no release"):
            find_release(tmp_path / name, releases)
    for name in (
        "small-320",
        "small-320@2.0.1",
        "small@320-2.0.0",
        "a" * 300,
        "",
        ".",
        "..",
        "../releases/small-320-2.0.0",
        "a\0b",
    ):
        assert shipped_release(name, releases) is None


def test_no_shipped_release_says_what_to_do(tmp_path):
    with pytest.raises(ReleaseError, match="install inboxray again"):
        find_release(releases=tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(folder):
    (folder / "network.tflite").chmod(0)

    with pytest.raises(ReleaseError, match="cannot be read"):
        open_release(folder)


def test_the_shipped_release_is_whole_and_small():
    release = open_release(find_release())

    sizes = {path.name: path.stat().st_size for path in release.path.iterdir()}
    assert sizes[release.weights_file] < 12_000_000
    assert sum(sizes.values()) < 25_000_000
    assert "MODEL_CARD.md" in release.files


def test_a_release_states_the_sizes_of_its_network(folder):
    shape = NetworkShape("place", 448, 28, ("hand", "leg"))

    assert open_release(folder).shape == NetworkShape()
    rewrite(folder, shape=shape.as_plain())
    assert open_release(folder).shape == shape
    rewrite(folder, shape=shape.as_plain() | {"input_size": 450})
    with pytest.raises(ReleaseError, match="malformed"):
        open_release(folder)
