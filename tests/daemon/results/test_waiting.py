import os
from datetime import UTC, datetime, timedelta

import pytest

from daemon.results.waiting import find_waiting, longest_waiting, why_waiting
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool, create
from model.reading.completeness import Completeness
from tests.support.waiting import wait_until


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    create(made)
    (made.inbox / "ward").mkdir()
    (made.inbox / "ward" / "a.dcm").write_bytes(b"some bytes")
    return made


@pytest.fixture
def settings(spool):
    return Settings(spool=spool.root, settle_s=5, incomplete_wait_s=300)


def why(source, settings, completeness, *, after_s=0.0):
    """Ask `after_s` seconds after the file was written; give the answer and the time of asking."""
    path = os.path.join(os.fsencode(settings.spool / "inbox"), source)
    wall_ns = os.lstat(path).st_ctime_ns + int(after_s * 1e9)
    return why_waiting(source, settings, lambda _: completeness, None, wall_ns), wall_ns / 1e9


@pytest.mark.parametrize(
    ("completeness", "setting", "wait_s", "then"),
    [
        (Completeness.COMPLETE, "settle_s (5 s)", 5, "answered"),
        (Completeness.INCOMPLETE, "incomplete_wait_s (300 s)", 300, "truncated"),
        (Completeness.ENDS_CLEANLY, "settle_s (5 s)", 5, "answered"),
        (Completeness.UNKNOWN, "settle_s (5 s)", 5, "unknown_format"),
    ],
)
def test_each_structure_has_its_rule_its_time_and_its_end(settings, completeness, setting, wait_s, then):
    waiting, now = why(b"ward/a.dcm", settings, completeness, after_s=2)

    assert setting in waiting.rule
    assert waiting.until.timestamp() == pytest.approx(now + wait_s - 2, abs=0.01)
    assert then in waiting.then


def test_a_rule_that_holds_already_is_over_now(settings):
    waiting, now = why(b"ward/a.dcm", settings, Completeness.COMPLETE, after_s=60)

    assert waiting.until.timestamp() == pytest.approx(now, abs=0.01)
    assert "it has been" in waiting.rule


def test_the_time_is_that_of_the_clock(settings):
    waiting = why_waiting(b"ward/a.dcm", settings, lambda _: Completeness.INCOMPLETE, None)

    assert timedelta(0) < waiting.until - datetime.now(UTC) <= timedelta(seconds=300)


def test_a_name_that_is_ignored_is_never_claimed_and_the_pattern_is_named(spool, settings):
    (spool.inbox / "ward" / "a.part").touch()

    waiting, _ = why(b"ward/a.part", settings, Completeness.COMPLETE)

    assert "matches *.part" in waiting.rule
    assert waiting.until is None


@pytest.mark.parametrize("kind", ["link", "pipe", "behind a link"])
def test_what_is_no_file_of_ours_is_never_claimed(spool, settings, kind, tmp_path):
    path = spool.inbox / "odd" / "x"
    if kind == "behind a link":
        (spool.inbox / "odd").symlink_to(spool.inbox / "ward")
        path = spool.inbox / "odd" / "a.dcm"
    else:
        path.parent.mkdir()
        path.symlink_to(tmp_path) if kind == "link" else os.mkfifo(path)

    waiting, _ = why(os.fsencode(path.relative_to(spool.inbox)), settings, Completeness.COMPLETE)

    assert "never claimed" in waiting.rule
    assert waiting.until is None


def test_a_file_that_goes_meanwhile_is_said_to_be_gone(settings):
    assert "gone" in why_waiting(b"ward/absent", settings, lambda _: None, None).rule
    assert "gone" in why_waiting(b"ward/a.dcm", settings, lambda _: None, None).rule


def test_a_path_is_taken_from_here_from_the_inbox_and_from_the_spool(spool, monkeypatch, tmp_path):
    monkeypatch.chdir(spool.inbox / "ward")

    for named in ("a.dcm", "ward/a.dcm", "inbox/ward/a.dcm", str(spool.inbox / "ward" / "a.dcm")):
        assert find_waiting(named, spool) == b"ward/a.dcm"

    (tmp_path / "b.dcm").touch()
    for named in ("absent.dcm", "ward", str(tmp_path / "b.dcm"), "../../../b.dcm", "01935a7c", ""):
        assert find_waiting(named, spool) is None


def test_a_link_in_the_inbox_is_found_itself_not_what_it_leads_to(spool, tmp_path):
    (spool.inbox / "link").symlink_to(tmp_path / "elsewhere")

    assert find_waiting(str(spool.inbox / "link"), spool) == b"link"


def test_a_file_without_its_marker_waits_for_that(spool):
    settings = Settings(spool=spool.root, marker_suffixes=".ready,.done")
    waiting, _ = why(b"ward/a.dcm", settings, Completeness.COMPLETE)
    assert (".ready or .done" in waiting.rule, waiting.until) == (True, None)

    (spool.inbox / "ward" / "a.ready").touch()
    waiting, _ = why(b"ward/a.dcm", settings, Completeness.COMPLETE)
    assert "settle_s" in waiting.rule
    waiting, _ = why(b"ward/a.ready", settings, Completeness.UNKNOWN)
    assert "marker_suffixes" in waiting.rule


def write_later(path, before):
    """Write a file that is newer than another one: the kernel's clock for files goes by ticks."""

    def is_newer():
        path.write_bytes(b"some bytes")
        return path.stat().st_ctime_ns > before.stat().st_ctime_ns

    wait_until(is_newer, every_s=0.001, what="a tick")
    return path


def test_those_that_wait_longest_come_first_and_ignored_ones_never(spool, settings):
    before = spool.inbox / "ward" / "a.dcm"
    for name in ("b.dcm", "a.dcm", "c.part"):
        before = write_later(spool.inbox / name, before)
    (spool.inbox / "link.dcm").symlink_to("a.dcm")
    assert longest_waiting(settings, 9) == [b"ward/a.dcm", b"b.dcm", b"a.dcm"]
    assert longest_waiting(settings, 1) == [b"ward/a.dcm"]
