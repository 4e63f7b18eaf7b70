import pytest

from daemon.backfill.sources import Again, Folder
from daemon.backfill.walk import Met
from daemon.errors import MissingFileError, UsageError
from daemon.inbox.sweep import Ignore
from daemon.spool.folders import Spool
from storage.filters import Filters
from tests.support.records import classified, failed
from tests.support.stub import stub_release


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def test_a_folder_gives_paths_below_it_as_names(tmp_path, spool):
    (tmp_path / "archive" / "a").mkdir(parents=True)
    (tmp_path / "archive" / "a" / "1").write_bytes(b"")
    (tmp_path / "link").symlink_to("archive")
    source = Folder.at(tmp_path / "link", "names", Ignore(()), spool)
    ((entry, _),) = source.entries(None, None, Met(), [].append)
    assert (entry.path, entry.source) == (bytes(tmp_path / "archive" / "a" / "1"), b"a/1")
    assert source.name == str(tmp_path / "archive")  # by whatever name it was given: one journal


def test_what_is_no_archive_is_refused(tmp_path, spool):
    (spool.root / "done").mkdir(parents=True)
    for folder, error in ((tmp_path / "none", MissingFileError), (spool.done, UsageError)):
        with pytest.raises(error):
            Folder.at(folder, "names", Ignore(()), spool)


def test_what_another_release_answered_is_meant_and_of_failures_those_that_are_asked_for(
    engine, ledger, run_id, spool
):
    """Break it: take all rows. The second run answers what the first one did."""
    ledger.record([classified(1), failed(2, "bad_pixels"), classified(3)], run_id)
    again = [classified(4, requeued_from=classified(1).scan_id)]
    ledger.record(again, run_id)
    met = Met()

    def meant(**filters):
        source = Again(Filters(**filters), spool, "r")
        found = source.entries(engine, stub_release("9" * 64), met, [].append)
        return [entry.requeued_from for entry, _ in found]

    assert meant() == [classified(3).scan_id, classified(4).scan_id]  # the newest answer to each
    assert meant(error_code="bad_pixels") == [failed(2, "bad_pixels").scan_id]
    assert Again(Filters(), spool, "r").name != Again(Filters(), spool, "s").name
