from daemon.backfill.rehearsal import rehearse
from daemon.backfill.sources import Again, Folder
from daemon.inbox.sweep import Ignore
from daemon.spool.folders import Spool
from storage.filters import Filters
from tests.support.stub import stub_release


def test_it_counts_without_a_database(tmp_path):
    (tmp_path / "archive").mkdir()
    for number in range(3):
        (tmp_path / "archive" / str(number)).write_bytes(b"xy")
    (tmp_path / "archive" / "x.tmp").write_bytes(b"")
    spool = Spool(tmp_path / "spool")
    source = Folder.at(tmp_path / "archive", "names", Ignore(("*.tmp",)), spool)
    counts = rehearse(source, stub_release(), None, [].append)
    assert (counts["files"], counts["bytes"], counts["ignored"], counts["answered_already"]) == (3, 6, 1, 0)
    assert counts["oldest"] <= counts["newest"]
    assert not spool.root.exists()
    assert rehearse(Again(Filters(), spool, "r"), stub_release(), None, [].append) == {"files": 0}
