"""`inboxray soak`: a small one on each engine, and what it refuses.

Break it: let `daemon.dispose._write_reason` write nothing: files that failed are unexplained, and it exits 1.
"""

import json

import pytest

from tests.support.daemons import files, inboxray


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_small_soak_passes_and_leaves_nothing(tmp_path, request, engine):
    options = ["--files", "12", "--kills", "2", "--json"]
    server = request.getfixturevalue("postgres_server") if engine == "postgres" else None
    # a server of the settings is used, in a schema of its own; an SQLite of the settings is not
    url = server.create_database() if server else f"sqlite:///{tmp_path / 'mine.db'}"

    ended = inboxray(
        tmp_path / "mine", "soak", *options, "--spool", tmp_path / "soak", database_url=url, timeout=110
    )

    said = json.loads(ended.stdout)
    assert ended.returncode == 0, said
    assert (said["verdict"], said["lost"], said["twice"], said["kept"]) == ("pass", 0, 0, None)
    assert (said["files"], said["kills"], sum(said["answers"].values())) == (12, 2, 12)
    assert said["engine"] == ("postgresql" if server else "sqlite")
    assert files(tmp_path) == []
    if server:
        server.drop_database(url)


def test_it_works_nowhere_where_somebody_has_files_or_rows(call, recorded, tmp_path):
    before = files(recorded)
    ended = call(recorded, "soak", "--spool", str(recorded))
    assert ended.returncode == 73
    assert "only where nobody has a file" in ended.stderr

    url = f"sqlite:///{recorded / 'results.db'}"
    ended = call(recorded, "soak", "--spool", str(tmp_path / "other"), "--database-url", url)
    assert ended.returncode == 73
    assert "may hold somebody's rows" in ended.stderr
    assert files(recorded) == before
    assert not (tmp_path / "other").exists()


def test_a_daemon_that_does_not_start_fails_the_soak_which_keeps_what_it_did(call, tmp_path):
    ended = call(
        tmp_path, "soak", "--files", "2", "--kills", "0", "--spool", str(tmp_path / "kept"), model="/"
    )
    assert ended.returncode == 1
    assert ended.stdout.startswith("FAIL: 2 files, 0 kills")
    assert "the daemon ended by itself with" in ended.stdout
    assert str(tmp_path / "kept") in ended.stderr
    assert (tmp_path / "kept" / "soak.log").read_text()
