"""The files of a soak: made, or copied from a folder in turn."""

import hashlib

import pytest

from daemon.errors import MissingFileError
from daemon.soak.arrivals import Source


@pytest.fixture
def put(tmp_path):
    (tmp_path / "inbox").mkdir()
    return lambda source, number: source.put(number, tmp_path / "inbox", tmp_path / ".beside")


def test_a_made_file_is_dropped_whole_and_another_seed_makes_another(put, tmp_path):
    arrival = put(Source(1), 203)
    data = (tmp_path / "inbox" / arrival.name).read_bytes()
    assert arrival.name.startswith("0002/000203")
    assert arrival.sha256 == hashlib.sha256(data).hexdigest()
    assert not (tmp_path / ".beside").exists()
    assert put(Source(2), 203).sha256 != arrival.sha256


def test_files_of_a_folder_are_copied_in_turn_under_names_that_tell_nothing(put, tmp_path):
    (tmp_path / "data" / "ward").mkdir(parents=True)
    for name in ("Doe.dcm", "ward/Roe.dcm", "Thumbs.db"):
        (tmp_path / "data" / name).write_text(name)
    source = Source(0, tmp_path / "data")

    arrivals = [put(source, number) for number in range(4)]

    assert source.different == 2
    assert [arrival.name for arrival in arrivals] == [f"0000/00000{number}" for number in range(4)]
    texts = [(tmp_path / "inbox" / arrival.name).read_text() for arrival in arrivals]
    assert texts == ["Doe.dcm", "ward/Roe.dcm"] * 2


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(MissingFileError, match="--data"):
        Source(0, tmp_path)
