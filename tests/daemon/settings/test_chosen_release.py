import json
import os

import pytest

from daemon.errors import ConfigurationError
from daemon.settings.chosen_release import (
    FILE_NAME,
    Choice,
    as_chosen,
    folder_of,
    read_choice,
    release_folder,
    release_in_use,
    write_choice,
)
from daemon.settings.fields import Settings
from model.errors import ReleaseError
from model.release import MANIFEST, find_release


@pytest.fixture
def other(tmp_path):
    """A release, as far as can be seen without opening it."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / MANIFEST).touch()
    return folder


def test_without_a_setting_and_a_choice_it_is_the_newest_that_ships(tmp_path):
    assert release_in_use(Settings(spool=tmp_path)) == (find_release(), "newest")
    assert release_folder(Settings(spool=tmp_path / "no spool")) == find_release()
    (tmp_path / "file").touch()
    assert release_folder(Settings(spool=tmp_path / "file")) == find_release()


def test_a_choice_decides_and_a_setting_wins(tmp_path, other):
    write_choice(tmp_path, Choice(str(other)))
    assert release_in_use(Settings(spool=tmp_path)) == (other, "choice")
    (tmp_path / FILE_NAME).write_text("broken, and not read where the setting decides")
    assert release_in_use(Settings(spool=tmp_path, model=find_release())) == (find_release(), "setting")


def test_a_setting_names_one_that_ships_whatever_lies_here(tmp_path, other, monkeypatch):
    """Break it: look here first. Which release answers depends on where a command was typed."""
    monkeypatch.chdir(tmp_path)
    label = "@".join(find_release().name.rsplit("-", 1))
    for name in (label, find_release().name):
        assert release_folder(Settings(spool=tmp_path, model=name)) == find_release()
        other.rename(tmp_path / name)
        assert release_folder(Settings(spool=tmp_path, model=name)) == find_release()
        assert release_folder(Settings(spool=tmp_path, model=f"./{name}")) == tmp_path / name
        (tmp_path / name).rename(other)
    with pytest.raises(ReleaseError, match="there is no release"):
        release_folder(Settings(spool=tmp_path, model=f"elsewhere/{label}"))


@pytest.mark.parametrize("name", ["a" * 5000, "a/" * 5000])
def test_a_setting_that_cannot_be_looked_at_is_no_fault_of_who_does_not_need_it(tmp_path, name):
    """Break it: ask `Path.exists`. A page that opens no release does not start."""
    assert str(Settings(spool=tmp_path, model=name).model).endswith(name.rstrip("/"))


def test_a_release_that_ships_is_chosen_by_name_so_that_an_upgrade_may_move_it(tmp_path, other):
    assert as_chosen(find_release()) == find_release().name
    assert as_chosen(other) == str(other)
    for folder in (find_release(), other):
        assert folder_of(as_chosen(folder)) == folder


def test_what_was_written_is_read_by_every_user(tmp_path):
    written = Choice("/srv/f\udcfcr uns/r-1.0", "r-0.9")
    before = os.umask(0o077)
    try:
        write_choice(tmp_path, written)
    finally:
        os.umask(before)
    assert read_choice(tmp_path) == written
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("place", ["/nowhere/at/all", "ours-0.0.1"])
def test_a_chosen_release_that_is_gone_is_an_error_not_another_release(tmp_path, place):
    write_choice(tmp_path, Choice(place))
    with pytest.raises(ReleaseError, match=r"chose is not at .* any more") as refused:
        release_folder(Settings(spool=tmp_path))
    assert "model use" in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"current": "a"}',
        b'{"current": null, "previous": null}',
        b'{"current": "", "previous": null}',
        b'{"current": "..", "previous": null}',
        b'{"current": "../../releases/r", "previous": null}',
        b'{"current": "a", "previous": 1}',
        b'{"current": "a", "previous": "b/c"}',
        b'{"current": "/a\\u0000", "previous": null}',
        b'{"current": "a", "previous": null, "next": "b"}',
        json.dumps({"current": "/" + "a" * 70_000, "previous": None}).encode(),
    ],
)
def test_a_malformed_choice_is_an_error_that_says_what_to_do(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(ConfigurationError, match="is malformed") as refused:
        release_folder(Settings(spool=tmp_path))
    assert str(tmp_path / FILE_NAME) in str(refused.value)
    assert "model use NAME" in str(refused.value)
