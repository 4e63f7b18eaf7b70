import os

import pytest

from daemon.results.names import row_names
from daemon.spool.folders import Spool, create


@pytest.fixture
def spool(tmp_path, monkeypatch):
    made = Spool(tmp_path / "spool")
    create(made)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.mark.parametrize(
    ("named", "stored", "source"),
    [
        ("spool/done/day/a.dcm", "done/day/a.dcm", None),
        ("spool/failed/a.dcm.reason.json", "failed/a.dcm", None),
        ("done/day/a.dcm", "done/day/a.dcm", "done/day/a.dcm"),
        ("spool/inbox/ward/a.dcm", None, "ward/a.dcm"),
        ("ward/a.dcm", "ward/a.dcm", "ward/a.dcm"),
        ("a%FF.dcm", "a%FF.dcm", "a%FF.dcm"),
        (os.fsdecode(b"a\xff.dcm"), "a%FF.dcm", "a%FF.dcm"),
        ("100%.dcm", "100%25.dcm", "100%25.dcm"),
    ],
)
def test_a_path_may_mean_a_place_or_the_name_it_came_with(spool, named, stored, source):
    names = row_names(named, spool)
    assert stored is None or stored in names.stored_paths
    assert source is None or source in names.source_names


def test_links_in_folders_are_followed(spool, tmp_path):
    (tmp_path / "link").symlink_to(spool.root)
    assert "done/a.dcm" in row_names(str(tmp_path / "link" / "done" / "a.dcm"), spool).stored_paths
