import os

from daemon.cli.inbox_files import examining, held_up_by
from daemon.monitoring.status_file import write_status
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool, create
from daemon.spool.lock import hold_lock
from model.reading.completeness import Completeness
from tests.support.pictures import png_bytes


def test_a_file_is_examined_as_the_daemon_does(tmp_path):
    spool = Spool(tmp_path / "spool")
    create(spool)
    (spool.inbox / "whole.png").write_bytes(png_bytes(1))
    (spool.inbox / "cut.png").write_bytes(png_bytes(1)[:200])
    with examining(Settings(spool=spool.root)) as examine:
        found = [examine(os.fsencode(spool.inbox / name)) for name in ("whole.png", "cut.png", "gone.png")]
    assert found == [Completeness.COMPLETE, Completeness.INCOMPLETE, None]


def test_what_holds_all_files_up_is_named(tmp_path):
    spool = Spool(tmp_path / "spool")
    create(spool)
    settings = Settings(spool=spool.root)
    assert "no daemon runs" in held_up_by(settings)
    with hold_lock(spool):
        write_status(spool, {"pauses": {"disk": {"cause": "ENOSPC"}}})
        assert held_up_by(settings) == "a pause: disk"
        write_status(spool, {"pauses": {}})
        assert held_up_by(settings) is None
