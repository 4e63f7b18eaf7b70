"""Peers come in, also when others hold on to their places; the end is orderly, and bounded."""

import select
import socket
import threading
import time

import pytest

from daemon.network.receiving.ports import Port, listen
from daemon.network.receiving.server import Server
from daemon.network.receiving.slots import MOST_WAITING
from tests.support.deadlines import scaled
from tests.support.dicom_peer import DicomPeer, data_set, fragments
from tests.support.receivers import hidden, received, serving, terms
from tests.support.waiting import wait_until

ACCEPT, ABORT = 0x02, 0x07


def test_who_connects_and_says_nothing_keeps_nobody_out(spool):
    """Break it: let all wait. A flood then takes a thread for each connection."""
    with serving(terms(spool)) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(MOST_WAITING + 10)]
        with DicomPeer(port) as peer:
            assert peer.associate() == ACCEPT
            assert peer.store() == 0
        assert threading.active_count() < MOST_WAITING + 40
        for one in silent:
            one.close()


def test_who_holds_a_place_and_sends_nothing_gives_way(spool):
    with serving(terms(spool, associations=2)) as port:
        idle = [DicomPeer(port), DicomPeer(port)]
        assert [peer.associate() for peer in idle] == [ACCEPT, ACCEPT]
        wait_until(lambda: _stored(port), what="a place")
        ended, _, _ = select.select([peer.socket for peer in idle], [], [], scaled(10))  # before its silence
        assert [peer.read()[0] for peer in idle if peer.socket in ended] == [ABORT]
        for peer in idle:
            peer.socket.close()


def _stored(port):
    with DicomPeer(port) as peer:
        return peer.associate() == ACCEPT and peer.store() == 0


def test_an_object_under_way_is_finished_before_the_end(spool):
    made = terms(spool)
    listening = serving(made, stop_s=scaled(20))
    port = listening.__enter__()
    busy, idle = DicomPeer(port), DicomPeer(port)
    busy.associate()
    idle.associate()
    busy.begin_store()
    sent = fragments(1, data_set(pixels=bytes(100_000)), is_command=False)
    busy.send(sent[:50_000])
    wait_until(lambda: hidden(spool), what="the object to begin")
    ended = threading.Thread(target=lambda: listening.__exit__(None, None, None))
    ended.start()
    assert idle.read()[0] == ABORT
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 5)
    busy.send(sent[50_000:])
    assert busy.status() == 0
    assert busy.read()[0] == ABORT
    ended.join(scaled(20))
    assert not ended.is_alive()
    assert len(received(spool)) == 1
    busy.socket.close()
    idle.socket.close()


def test_an_object_that_does_not_end_is_cut_off(spool):
    made = terms(spool)
    with serving(made, stop_s=0.1) as port:
        peer = DicomPeer(port)
        peer.associate()
        peer.begin_store()
        peer.send(fragments(1, data_set(pixels=bytes(100_000)), is_command=False)[:50_000])
        wait_until(lambda: hidden(spool), what="the object to begin")
        began = time.monotonic()
    assert time.monotonic() - began < scaled(5)
    assert peer.read()[0] == ABORT
    wait_until(lambda: not hidden(spool), what="the object to go")
    assert received(spool) == []
    peer.socket.close()


def test_a_port_that_is_gone_is_not_waited_for_in_silence(spool):
    """Break it: sleep on every error of accept. The process then runs, and nobody is let in."""
    made, failed = terms(spool), []
    listening = listen("127.0.0.1:0", "receive_listen")
    with made.landing.held(), Server([Port(listening)], made, failed.append).running(1.0):
        listening.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: failed, what="the fault")
    assert isinstance(failed[0], OSError)


def test_a_port_of_systemd_listens_on_after_the_end(spool):
    """Break it: shut the port down to wake who accepts. It then listens no more, for no process."""
    with socket.create_server(("127.0.0.1", 0)) as of_the_unit:
        for uid in ("1.2.3", "1.2.4"):  # a second process takes it over, and meets who came in between
            made, failed = terms(spool), []
            waiting = DicomPeer(of_the_unit.getsockname()[1])
            ports = [Port(of_the_unit.dup())]
            with made.landing.held(), Server(ports, made, failed.append).running(2.0), waiting as peer:
                assert peer.associate() == ACCEPT
                assert peer.store(uid) == 0
            assert failed == []
    assert len(received(spool)) == 2
