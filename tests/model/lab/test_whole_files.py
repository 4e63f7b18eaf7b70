import pytest

from model.lab.whole_files import replace_file, replacing


@pytest.mark.parametrize("is_synced", [False, True])
def test_a_file_is_replaced_as_a_whole(tmp_path, is_synced):
    path = tmp_path / "looks.json"
    replace_file(path, b"old", is_synced=is_synced)
    with replacing(path, is_synced=is_synced) as stream:
        stream.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_where_writing_fails(tmp_path):
    path = tmp_path / "looks.json"
    replace_file(path, b"old")
    with pytest.raises(TypeError), replacing(path) as stream:
        stream.write("no bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_written_over(tmp_path):
    (tmp_path / ".looks.json.tmp").write_bytes(b"half of a much longer file")
    replace_file(tmp_path / "looks.json", b"new")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"new"]
