import json
import shutil

import pytest

from daemon.execution.dask.release_cache import ReleaseCache, packed
from model.errors import ReleaseError
from model.release import MANIFEST, find_release, open_release


@pytest.fixture
def foreign(tmp_path):
    """A release that no installation ships."""
    folder = tmp_path / "foreign"
    shutil.copytree(find_release(), folder)
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"version": "9.9.9"}))
    return open_release(folder)


def test_a_release_that_ships_is_found_without_fetching(tmp_path):
    shipped = open_release(find_release())
    assert ReleaseCache(tmp_path).find(shipped.sha256).sha256 == shipped.sha256


def test_one_that_was_fetched_is_found_again_and_has_no_weights(tmp_path, foreign):
    cache = ReleaseCache(tmp_path / "cache")
    assert cache.find(foreign.sha256) is None
    made = cache.add(foreign.sha256, packed(foreign))
    assert not made.has_weights
    assert cache.find(foreign.sha256).read(foreign.network_file) == foreign.read(foreign.network_file)


@pytest.mark.parametrize("spoiled", [MANIFEST, "network_file"])
def test_what_is_not_the_release_is_refused_and_leaves_nothing(tmp_path, foreign, spoiled):
    files = packed(foreign)
    name = spoiled if spoiled == MANIFEST else foreign.network_file
    files[name] = files[name][:-1] + b"x"
    cache = ReleaseCache(tmp_path / "cache")
    with pytest.raises(ReleaseError):
        cache.add(foreign.sha256, files)
    assert cache.find(foreign.sha256) is None
    assert not list((tmp_path / "cache").glob("*"))


def test_one_that_was_spoiled_on_the_disk_is_fetched_again(tmp_path, foreign):
    cache = ReleaseCache(tmp_path / "cache")
    made = cache.add(foreign.sha256, packed(foreign))
    (made.path / foreign.network_file).write_bytes(b"x")
    assert cache.find(foreign.sha256) is None
    assert cache.add(foreign.sha256, packed(foreign)).sha256 == foreign.sha256


@pytest.mark.parametrize("name", ["../x", "a" * 63, ""])
def test_only_a_digest_names_a_release(tmp_path, name):
    with pytest.raises(ReleaseError, match="sha256"):
        ReleaseCache(tmp_path).find(name)
