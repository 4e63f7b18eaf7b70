import socket

from daemon.decoding.probe import ACTS, possible


def test_in_a_process_of_ours_all_is_possible_and_nothing_is_left_changed(tmp_path):
    """So what a child reports as impossible is impossible because of its confinement."""
    (tmp_path / "a").write_text("a")
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = possible(str(tmp_path), server.getsockname()[1])

    assert found == tuple(ACTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "new"]
