"""What failed at a peer is said once, with the peer, the step and what to do."""

from daemon.network.rehearsal.sent_back import SentBack
from daemon.network.sending.overview import Shelf, Trouble

ADDRESS = "dicom://PACS@192.0.2.1:104"


def shelf(*troubles, **peer):
    known = {"step": "", "error": "", "remedy": ""} | peer
    return Shelf(ADDRESS, True, {}, None, 0, None, **known, troubles=list(troubles))


def test_failures_of_the_peer_and_of_objects_are_named_once():
    full = ("store", "the peer is out of resources (0xA700)", "make room there")
    troubles = [Trouble("id", kind, "waiting", *full) for kind in ("sr", "sc")]
    failures = SentBack([], shelf(*troubles, step="connect", error="refused", remedy="see"), {}).failures()
    assert failures == [f"{ADDRESS}: connect: refused; see", f"{ADDRESS}: {full[0]}: {full[1]}; {full[2]}"]
    assert SentBack([], shelf(), {}).failures() == []
