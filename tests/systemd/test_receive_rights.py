"""What the receiver's user may do: real users, folders by systemd's own tool, real processes."""

import subprocess

from tests.daemon.cli.test_receive import same_data_set
from tests.support.daemons import environment, rows
from tests.support.dicom_files import image, to_bytes
from tests.support.dicom_peer import DicomPeer
from tests.support.radiographs import radiograph
from tests.support.receivers import RunningReceiver, received
from tests.systemd import test_page_rights as rights

RECEIVER = 61_006
"""A user that no machine has, as those of the page's test."""
pytestmark = rights.pytestmark
spool = rights.spool


class ReceiverOfAnother(RunningReceiver):
    """A receiver that the user of its unit runs."""

    def begin(self, log):
        settings = environment(self.spool, **self._settings)
        return subprocess.Popen(
            [rights.python(), "-m", "daemon", "receive"],
            **rights.as_user(RECEIVER, rights.DROP),
            env=settings | rights.LIBRARIES,
            stdout=log,
            stderr=log,
            cwd="/",
        )


def test_the_receiver_adds_to_the_inbox_what_the_daemon_takes_and_reads_nothing_else(spool, tmp_path):
    file = to_bytes(image(radiograph(1), SOPInstanceUID="1.2.3", PatientID="P1"))
    (tmp_path / "sent.dcm").write_bytes(file)
    with ReceiverOfAnother(spool) as receiver, DicomPeer(receiver.port) as peer:
        peer.associate()
        assert peer.store("1.2.3", file[144 + int.from_bytes(file[140:144], "little") :]) == 0
        (stored,) = received(spool)
        assert stored.stat().st_uid == RECEIVER
        end = rights.daemon(spool, "once")
        assert end.returncode == 0, end.stderr
        assert peer.store("1.2.3", file[144 + int.from_bytes(file[140:144], "little") :]) == 0
    (row,) = rows(spool)
    assert (row["outcome"], row["calling_ae"]) == ("classified", "TESTER")
    assert same_data_set(spool / row["stored_path"], tmp_path / "sent.dcm")
    attempt = (
        "import os, sys\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        os.close(os.open(path, os.O_RDONLY)) if os.path.isfile(path) else os.listdir(path)\n"
        "        print('not refused:', path)\n"
        "    except PermissionError:\n"
        "        pass\n"
    )
    closed = [spool / name for name in ("claimed", "done", "failed", "export", "results.db", "")]
    shown = rights.run(rights.as_user(RECEIVER, rights.DROP), "-c", attempt, *closed)
    assert shown.stdout == ""
