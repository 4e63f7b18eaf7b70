import pytest

from daemon.errors import BadDataError
from daemon.network.sending.cursor import has_cursor, read_cursor, write_cursor
from storage.recorded_since import Mark


def test_a_cursor_is_read_as_it_was_written(tmp_path):
    assert not has_cursor(tmp_path)
    write_cursor(tmp_path, Mark(7, "a", ((2, 3),)))
    assert has_cursor(tmp_path)
    assert read_cursor(tmp_path) == Mark(7, "a", ((2, 3),))


def test_what_is_none_is_named_with_what_to_do(tmp_path):
    (tmp_path / "cursor.json").write_text("[]")
    with pytest.raises(BadDataError, match=r"cursor\.json.*remove it"):
        read_cursor(tmp_path)
