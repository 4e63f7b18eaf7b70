"""Choosing a release, going back, and that what answers follows.

Break it: let the service open `find_release(settings.model)`, or write the choice before it is verified.
"""

import json
import shutil

import pytest

from daemon.settings.chosen_release import FILE_NAME, Choice, read_choice, write_choice
from daemon.spool.folders import Spool, create
from daemon.spool.lock import hold_lock
from model.release import find_release
from tests.support.daemons import inboxray
from tests.support.pictures import png_bytes
from tests.support.release import shipped_release


@pytest.fixture
def spool(tmp_path):
    create(Spool(tmp_path / "spool"))
    return tmp_path / "spool"


@pytest.fixture
def other(tmp_path):
    """The release that ships, under another version: as sound, with another label."""
    return copied(tmp_path / "other", version="99.0")


def copied(folder, **changed):
    shutil.copytree(find_release(), folder)
    manifest = folder / "release.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changed))
    return folder


def labelled(version):
    return f"{shipped_release().name}@{version}"


def in_use(call, spool, **settings):
    end = call(spool, "model", "show", "--json", **settings)
    assert end.returncode == 0, end.stderr
    return json.loads(end.stdout)["model"]


def test_the_daemon_and_the_commands_answer_with_the_chosen_release(spool, other):
    chosen = inboxray(spool, "model", "use", str(other))
    assert chosen.returncode == 0, chosen.stderr
    (spool / "inbox" / "a.png").write_bytes(png_bytes(1))

    assert inboxray(spool, "once", settle_s=0).returncode == 0

    recorded = json.loads(inboxray(spool, "results", "--format", "json").stdout)
    assert [row["model"] for row in recorded] == [labelled("99.0")]
    (spool.parent / "b.png").write_bytes(png_bytes(2))
    classified = inboxray(spool, "classify", str(spool.parent / "b.png"), "--format", "json")
    assert [row["model"] for row in json.loads(classified.stdout)] == [labelled("99.0")]
    assert json.loads(inboxray(spool, "drift", "--json").stdout)["model"] == labelled("99.0")
    assert labelled("99.0") in inboxray(spool, "config", "check").stderr


def test_rollback_goes_back_and_twice_returns(spool, other, call):
    shipped = shipped_release().label
    used = call(spool, "model", "use", str(other))
    assert f"{labelled('99.0')} is in use" in used.stderr
    assert f"before it {shipped}" in used.stderr
    assert "running daemon" not in used.stderr
    for label in (shipped, labelled("99.0"), shipped):
        end = call(spool, "model", "rollback")
        assert end.returncode == 0, end.stderr
        assert f"{label} is in use" in end.stderr
        assert in_use(call, spool) == label


def test_there_is_nothing_to_go_back_to_before_a_choice(spool, call):
    for _ in range(2):
        end = call(spool, "model", "rollback")
        assert (end.returncode, "no release to go back to" in end.stderr) == (66, True)
        assert call(spool, "model", "use", find_release().name).returncode == 0  # it was in use already


@pytest.mark.parametrize("name", [find_release().name, shipped_release().label, str(find_release())])
def test_a_release_that_ships_is_chosen_by_name_and_stays_so(spool, other, call, name):
    assert call(spool, "model", "use", str(other)).returncode == 0
    end = call(spool, "model", "use", name)
    assert end.returncode == 0, end.stderr
    assert read_choice(spool) == Choice(find_release().name, str(other))


def test_one_that_was_in_use_is_chosen_by_its_label_too(spool, other, call):
    write_choice(spool, Choice(find_release().name, str(other)))
    assert call(spool, "model", "use", labelled("99.0")).returncode == 0
    assert read_choice(spool) == Choice(str(other), find_release().name)


def test_choosing_the_same_again_keeps_what_was_before(spool, other, call):
    call(spool, "model", "use", str(other))
    end = call(spool, "model", "use", str(other))
    assert (end.returncode, "nothing changes" in end.stderr) == (0, True)
    assert read_choice(spool) == Choice(str(other), find_release().name)


def test_a_running_daemon_takes_it_at_its_next_start(spool, other, call):
    with hold_lock(Spool(spool)):
        end = call(spool, "model", "use", str(other))
    assert end.returncode == 0, end.stderr
    assert "at its next start" in end.stderr


def test_the_setting_wins_and_is_named(spool, other, call, tmp_path):
    write_choice(spool, Choice(str(other)))
    shipped = find_release()
    assert in_use(call, spool, model=shipped) == shipped_release().label
    for command in (("use", str(other)), ("rollback",)):
        end = call(spool, "model", *command, model=shipped)
        assert end.returncode == 78
        assert "environment INBOXRAY_MODEL" in end.stderr
    config = tmp_path / "a.toml"
    config.write_text(f'model = "{shipped}"\n')
    assert f"file {config}" in call(spool, "model", "use", str(other), "--config", str(config)).stderr
    assert read_choice(spool) == Choice(str(other))


def changed_byte(folder):
    content = bytearray((folder / "network.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "network.tflite").write_bytes(content)


def other_pipeline(folder):
    manifest = folder / "release.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"pipeline_version": "1"}))


def no_network(folder):
    (folder / "network.tflite").unlink()


def no_manifest(folder):
    (folder / "release.json").unlink()


@pytest.mark.parametrize("spoil", [changed_byte, other_pipeline, no_network, no_manifest])
@pytest.mark.parametrize("command", ["use", "rollback"])
def test_a_release_that_cannot_answer_is_not_chosen(spool, other, call, spoil, command):
    before = Choice(find_release().name, str(other))
    write_choice(spool, before)
    spoil(other)
    end = call(spool, "model", command, *([str(other)] if command == "use" else []))
    assert end.returncode == 78, end.stderr
    assert read_choice(spool) == before


def test_nor_is_one_whose_engine_lacks_a_file(spool, other, call):
    (other / "network.weights.h5").unlink()
    assert call(spool, "model", "use", str(other), engine="tensorflow").returncode == 78
    assert read_choice(spool) is None


def test_a_name_that_is_none_is_66_and_names_one(spool, call):
    for name in ("ours@1.0", "nothing"):
        end = call(spool, "model", "use", name)
        assert end.returncode == 66
        assert f"there is no release {name}" in end.stderr
        assert shipped_release().label in end.stderr


def test_a_choice_needs_a_spool(tmp_path, call):
    end = call(tmp_path / "none", "model", "use", find_release().name)
    assert (end.returncode, f"there is no spool at {tmp_path / 'none'}" in end.stderr) == (66, True)
    assert not (tmp_path / "none").exists()


def test_a_malformed_choice_is_refused_until_another_is_made(spool, other, call):
    (spool / FILE_NAME).write_text("{")
    (spool.parent / "b.png").write_bytes(png_bytes(2))
    for command in (
        ("once",),
        ("classify", str(spool.parent / "b.png")),
        ("config", "check"),
        ("model", "show"),
        ("model", "rollback"),
    ):
        end = inboxray(spool, *command)
        assert end.returncode == 78, (command, end.stderr)
        assert f"{spool / FILE_NAME} is malformed" in end.stderr
    assert in_use(call, spool, model=find_release()) == shipped_release().label
    assert call(spool, "model", "use", str(other)).returncode == 0
    assert read_choice(spool) == Choice(str(other))
    assert in_use(call, spool) == labelled("99.0")
