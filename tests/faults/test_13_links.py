"""Fault 13: links are never followed, and what is hashed is what is decoded.

Break it: take `O_NOFOLLOW` out of `daemon.decoding.decode._OPEN_FLAGS` and let
`daemon.spool.file_state.look_at` follow links: the canary is recorded.
"""

import hashlib
import time

import pytest

from tests.support.daemons import rows
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until


@pytest.fixture
def canary(tmp_path):
    """A picture outside the spool that must never be recorded."""
    path = tmp_path / "canary.png"
    path.write_bytes(png_bytes(777))
    return path


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_a_symbolic_link_is_not_followed_and_a_hard_link_is_a_file(daemon, canary):
    (daemon.inbox / "links").mkdir()
    (daemon.inbox / "links" / "symbolic.png").symlink_to(canary)
    (daemon.inbox / "links" / "folder").symlink_to(canary.parent)
    original = daemon.inbox.parent / "original.png"
    original.write_bytes(png_bytes(3))
    (daemon.inbox / "links" / "hard.png").hardlink_to(original)
    daemon.wait_for("links", 1)
    daemon.codes("links_after", {"a.png": png_bytes(4)})

    (row,) = daemon.wait_for("links", 1)
    assert ("links/hard.png", sha256(png_bytes(3))) == (row["source_name"], row["sha256"])
    assert (daemon.inbox / "links" / "symbolic.png").is_symlink()


def test_a_link_to_a_folder_is_not_entered(daemon, canary):
    """Within a folder that is moved in, watchdog takes it for a folder, and watches behind it."""
    beside = daemon.spool / ".with_links"
    beside.mkdir()
    (beside / "inside.png").write_bytes(png_bytes(6))
    (beside / "folder").symlink_to(canary.parent)
    beside.rename(daemon.inbox / "with_links")
    (daemon.inbox / "lone_link").symlink_to(canary.parent)
    daemon.wait_for("with_links", 1)
    (canary.parent / "later.png").write_bytes(png_bytes(778))
    daemon.codes("with_links_after", {"a.png": png_bytes(7)})

    assert len(daemon.wait_for("with_links", 1)) == 1
    assert daemon.rows("lone_link") == []
    assert sorted(path.name for path in canary.parent.iterdir()) == ["canary.png", "later.png"]


def test_a_file_swapped_for_a_link_never_shows_what_the_link_points_to(daemon, canary, size, record_property):
    folder = daemon.inbox / "swapped"
    folder.mkdir()
    place, link = folder / "a.png", daemon.inbox / ".link"
    seed, end = 0, time.monotonic() + size(3, 60)
    while seed <= size(50, 1000) or time.monotonic() < end:
        drop(place, png_bytes(seed % 20))
        link.symlink_to(canary)
        link.replace(place)
        seed += 1
    drop(place, png_bytes(21))
    wait_until(lambda: not place.exists(), timeout_s=30, what="the last file to be claimed")
    daemon.codes("swapped_after", {"a.png": png_bytes(5)})

    record_property("swaps", seed)
    assert seed > size(50, 1000)
    known = {sha256(png_bytes(number)) for number in range(22)}
    assert {row["sha256"] for row in daemon.rows("swapped")} <= known | {None}
    assert sha256(canary.read_bytes()) == sha256(png_bytes(777))
    assert sha256(png_bytes(777)) not in {row["sha256"] for row in rows(daemon.spool)}
