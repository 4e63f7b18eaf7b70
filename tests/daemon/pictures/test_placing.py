import errno
import os
import subprocess

import pytest

from daemon.pictures.placing import place_pictures, refused


@pytest.fixture
def written(tmp_path):
    """A folder with pictures as a child writes them: a function of their number."""
    folder = tmp_path / "work"
    folder.mkdir()

    def write(number):
        for frame in range(1, number + 1):
            (folder / f"{frame:04}.png").write_text(str(frame))
        return os.fsencode(folder)

    return write


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_one_picture_has_the_name_and_several_have_numbers(written, tmp_path):
    place_pictures(written(1), os.fsencode(tmp_path / "out" / "deep" / "a"), "0" * 64)
    place_pictures(written(2), os.fsencode(tmp_path / "out" / "b"), "0" * 64)
    assert names(tmp_path / "out") == ["a.png", "b-0001.png", "b-0002.png"]


def test_all_are_there_or_none(written, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a-0002.png").write_text("of another time")
    with pytest.raises(FileExistsError):
        place_pictures(written(3), os.fsencode(tmp_path / "out" / "a"), "0" * 64)
    assert names(tmp_path / "out") == ["a-0002.png"]
    assert (tmp_path / "out" / "a-0002.png").read_text() == "of another time"


def test_a_folder_that_another_thread_makes_at_the_same_moment_is_no_error(written, tmp_path, monkeypatch):
    """The first pictures of a day: those of two scans are placed by the threads of two children."""
    make = os.mkdir

    def make_second(path):
        make(path)
        make(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "mkdir", make_second)
        place_pictures(written(1), os.fsencode(tmp_path / "out" / "ward" / "a"), "0" * 64)
    assert names(tmp_path / "out") == ["a.png"]


def test_a_name_that_is_too_long_is_cut_with_room_for_its_number(written, tmp_path):
    places = place_pictures(written(2), os.fsencode(tmp_path / ("n" * 255)), "0" * 52 + "0123456789ab")
    assert [len(os.path.basename(place)) for place in places] == [255, 255]
    assert all(place.endswith((b"0123456789ab-0001.png", b"0123456789ab-0002.png")) for place in places)


def test_folders_deeper_than_calls_can_nest_are_made(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        (place,) = place_pictures(written(1), b"/".join([b"d"] * 1500 + [b"a"]), "0" * 64)
        assert os.path.isfile(place)
    finally:
        subprocess.run(["rm", "-r", "d"], check=True)  # shutil.rmtree, and so pytest, cannot


def test_a_refusal_names_the_error_and_what_to_do():
    error = refused(errno.errorcode[errno.ENOSPC])
    assert error.exit_code == 74
    assert "ENOSPC" in str(error)
    assert "Make room" in str(error)
