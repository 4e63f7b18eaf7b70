"""The receiver as its senders meet it: DCMTK, pynetdicom, a full disk, and kill -9."""

import builtins
import shutil
import signal
import subprocess
import threading
from functools import partial
from io import BytesIO

import pydicom
import pytest

from tests.support.daemons import RunningDaemon, rows
from tests.support.deadlines import scaled
from tests.support.dicom_files import NATIVE, image, to_bytes
from tests.support.dicom_peer import DicomPeer, data_set
from tests.support.forgotten import forget_modules
from tests.support.mounts import tmpfs
from tests.support.radiographs import radiograph
from tests.support.receivers import RunningReceiver, hidden, received
from tests.support.waiting import wait_until

needs_dcmtk = pytest.mark.skipif(
    shutil.which("storescu") is None or shutil.which("echoscu") is None, reason="DCMTK is not installed"
)


def dcmtk(program, port, *words, calling="CT1"):
    command = [program, "-aet", calling, "-aec", "INBOXRAY", *words[:-1], "localhost", str(port), *words[-1:]]
    if program == "echoscu":
        command = [program, "-aet", calling, "-aec", "INBOXRAY", "localhost", str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)


@pytest.fixture
def radiographs(tmp_path):
    """Three files, each an instance of its own."""
    folder = tmp_path / "to send"
    folder.mkdir()
    for number in range(3):
        dataset = image(radiograph(number), SOPInstanceUID=f"1.2.3.{number}", PatientID=f"P{number}")
        (folder / f"{number}.dcm").write_bytes(to_bytes(dataset))
    return sorted(folder.iterdir())


@needs_dcmtk
def test_what_dcmtk_sends_is_answered_by_the_daemon(tmp_path, radiographs):
    spool = tmp_path / "spool"
    with RunningDaemon(spool) as daemon, RunningReceiver(spool, receive_from="CT1@127.0.0.1") as receiver:
        assert dcmtk("echoscu", receiver.port).returncode == 0
        assert dcmtk("echoscu", receiver.port, calling="OTHER").returncode != 0
        for radiograph_file in radiographs:
            end = dcmtk("storescu", receiver.port, str(radiograph_file))
            assert end.returncode == 0, end.stderr
        daemon.wait_for_rows(3)
    recorded = rows(spool)
    assert [f"CT1/1.2.3.{number}.dcm" for number in range(3)] == sorted(
        row["source_name"] for row in recorded
    )
    assert {"classified"} == {row["outcome"] for row in recorded}
    assert {("CT1", "127.0.0.1")} == {(row["calling_ae"], row["calling_address"]) for row in recorded}
    for row, sent in zip(sorted(recorded, key=lambda row: row["source_name"]), radiographs, strict=True):
        assert same_data_set(spool / row["stored_path"], sent)
    assert received(spool) + hidden(spool) == []


def same_data_set(one, other):
    """Return whether two files hold the same bytes behind their File Meta Information."""
    parts = []
    for path in (one, other):
        content = path.read_bytes()
        length = 144 + int.from_bytes(content[140:144], "little")
        parts.append(content[length:])
    return parts[0] == parts[1]


@needs_dcmtk
def test_what_dcmtk_sends_on_one_association_lies_as_it_was_sent(tmp_path, radiographs):
    with RunningReceiver(tmp_path / "spool") as receiver:
        end = dcmtk("dcmsend", receiver.port, "--scan-directories", str(radiographs[0].parent))
        assert end.returncode == 0, end.stderr
        ended = wait_until(lambda: receiver.events()[1:], what="its line, once the receiver has hung up")
        assert [(one["event"], one["stored"]) for one in ended] == [("association_ended", 3)]
    for file, sent in zip(received(tmp_path / "spool"), radiographs, strict=True):
        assert same_data_set(file, sent)


@pytest.mark.parametrize("syntax", NATIVE)
def test_what_pynetdicom_sends_is_read_again(tmp_path, syntax):
    pynetdicom = pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")
    sent = pydicom.dcmread(BytesIO(to_bytes(image(radiograph(1), PatientID="P1"), syntax)))
    with RunningReceiver(tmp_path / "spool") as receiver:
        entity = pynetdicom.AE("MODALITY 1")
        entity.add_requested_context(sent.SOPClassUID, syntax)
        association = entity.associate("127.0.0.1", receiver.port, ae_title="INBOXRAY")
        assert association.is_established
        statuses = [association.send_c_store(sent).Status for _ in range(2)]
        association.release()
    assert statuses == [0, 0]
    first, second = received(tmp_path / "spool")
    assert first.parent.name == "MODALITY_1"
    for file in (first, second):
        read = pydicom.dcmread(file)
        assert syntax == read.file_meta.TransferSyntaxUID
        assert read.file_meta.SendingApplicationEntityTitle == "MODALITY 1"
        assert (read.pixel_array == sent.pixel_array).all()


def test_a_full_disk_is_said_with_its_status_and_later_objects_come_again(tmp_path):
    with tmpfs(tmp_path / "spool", size="2m"), RunningReceiver(tmp_path / "spool") as receiver:
        with DicomPeer(receiver.port) as peer:
            peer.associate()
            filling = tmp_path / "spool" / "filling"
            filling.write_bytes(bytes(1 << 20))
            assert peer.store("1.2.3", data_set("1.2.3", pixels=bytes(1 << 20))) == 0xA700
            filling.unlink()
            assert peer.store("1.2.3", data_set("1.2.3", pixels=bytes(1 << 20))) == 0
        assert len(received(tmp_path / "spool")) == 1
        assert hidden(tmp_path / "spool") == []


def test_a_second_receiver_is_refused(tmp_path, call):
    with RunningReceiver(tmp_path / "spool"):
        end = call(tmp_path / "spool", "receive", receive_listen="127.0.0.1:0")
    assert end.returncode == 75
    assert "another receiver" in end.stderr


def test_no_spool_is_no_place_to_receive_into(tmp_path, call):
    end = call(tmp_path / "none", "receive", receive_listen="127.0.0.1:0")
    assert end.returncode == 73
    assert "inboxray run" in end.stderr


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(recorded, call, monkeypatch):
    really = builtins.__import__

    def without(name, *arguments):
        if name.partition(".")[0] == "pynetdicom":
            raise ModuleNotFoundError("No module named 'pynetdicom'", name="pynetdicom")
        return really(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    forget_modules(monkeypatch, "daemon.network", "pynetdicom")
    end = call(recorded, "receive", receive_commitment=True)
    assert end.returncode == 78
    assert "storage commitment needs pynetdicom, which is not installed" in end.stderr
    assert "pip install" in end.stderr


OBJECTS, SENDERS, KILLS = 200, 4, 4


class Sender(threading.Thread):
    """Sends objects one by one, and again from the first that was not answered once the receiver is back."""

    def __init__(self, receiver, numbers):
        super().__init__()
        self.receiver, self.numbers = receiver, numbers
        self.answered = {}

    def run(self):
        while self.numbers:
            try:
                with DicomPeer(self.receiver.port) as peer:
                    peer.associate()
                    while self.numbers:
                        self.send(peer, self.numbers[0])
                        self.numbers.pop(0)
            except (OSError, AssertionError):
                continue  # killed: what had no answer is sent again

    def send(self, peer, number):
        uid = f"1.2.3.{number}"
        content = data_set(uid, pixels=number.to_bytes(2, "little") * 20_000)
        if peer.store(uid, content) == 0:
            self.answered[uid] = content


def has_answers(senders, wanted):
    return sum(len(sender.answered) for sender in senders) >= wanted


def test_each_object_that_was_answered_is_on_disk_whole_after_kills(tmp_path):
    """Break it: answer before the rename. Then an answered object is not there."""
    spool = tmp_path / "spool"
    with RunningReceiver(spool) as receiver:
        senders = [Sender(receiver, list(range(first, OBJECTS, SENDERS))) for first in range(SENDERS)]
        for sender in senders:
            sender.start()
        for kill in range(1, KILLS + 1):
            wanted = kill * OBJECTS // (KILLS + 1)
            wait_until(partial(has_answers, senders, wanted), every_s=0.001, timeout_s=60)
            receiver.stop(signal.SIGKILL)
            receiver.start()
        for sender in senders:
            sender.join(scaled(60))
            assert not sender.is_alive()
    answered = {uid: content for sender in senders for uid, content in sender.answered.items()}
    assert len(answered) == OBJECTS
    stored = {}
    for file in received(spool):
        content = file.read_bytes()
        stored.setdefault(file.name.partition("~")[0].removesuffix(".dcm"), []).append(content)
    assert set(stored) == set(answered)
    for uid, copies in stored.items():  # one that was stored and not answered was sent again
        assert all(copy.endswith(answered[uid]) for copy in copies)
    assert hidden(spool) == []
