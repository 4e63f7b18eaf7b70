import socket
import ssl
import threading
from contextlib import suppress

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, build_context

from daemon.network.sending import diagnose
from daemon.network.sending.association import Line, associated
from daemon.network.sending.failure import PeerFailed
from daemon.network.tls import client_context
from daemon.settings.destinations import parse_destination
from daemon.settings.fields import Settings
from tests.support.archives import Orthanc, StoreScp, needs_orthanc, needs_storescp
from tests.support.certificates import Authority, needs_openssl
from tests.support.deadlines import scaled
from tests.support.result_objects import REPORT
from tests.support.waiting import wait_until

CONTEXTS = [build_context(REPORT, ExplicitVRLittleEndian)]
FIND = [build_context("1.2.840.10008.5.1.4.1.2.2.1")]


def fails(address, contexts=CONTEXTS, tls=None, own="INBOXRAY", timeout_s=2):
    line = Line(parse_destination(address), own, scaled(timeout_s), tls)
    with pytest.raises(PeerFailed) as failed, associated(line, contexts):
        pass
    return failed.value.failure


@needs_storescp
def test_an_association_is_had_and_released(network, tmp_path):
    with StoreScp(tmp_path / "archive") as archive:
        line = Line(parse_destination(archive.address), "INBOXRAY", scaled(5))
        with associated(line, CONTEXTS) as association:
            assert association.is_established
        assert association.is_released
        with associated(line, FIND) as association:
            assert not association.is_established, "storescp finds nothing"


@needs_storescp
def test_a_peer_that_refuses_us_is_named_with_the_step(network, tmp_path):
    with StoreScp(tmp_path / "archive", "--refuse") as archive:
        found = fails(archive.address)
    assert (found.step, "INBOXRAY" in found.remedy) == ("associate", True)


@needs_orthanc
def test_orthanc_says_that_it_has_another_title(network, tmp_path):
    with Orthanc(tmp_path / "orthanc", DicomCheckCalledAet=True):
        found = fails("dicom://WRONG@127.0.0.1:4242")
        assert (found.step, "another AE title than WRONG" in found.error) == ("associate", True)


def test_steps_before_the_association_are_told_apart():
    assert fails("dicom://A@no-such-host.invalid:104").step == "resolve"
    with socket.socket() as held:  # bound, so that no other takes the port, and not listening
        held.bind(("127.0.0.1", 0))
        assert fails(f"dicom://A@127.0.0.1:{held.getsockname()[1]}").step == "connect"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = fails(f"dicom://A@127.0.0.1:{silent.getsockname()[1]}", timeout_s=1)
    assert (found.step, "answers no association request" in found.error) == ("associate", True)


def test_titles_that_the_peer_does_not_know_are_named():
    entity = AE(ae_title="PACS")
    entity.add_supported_context(REPORT)
    entity.require_called_aet = True
    entity.require_calling_aet = ["FRIEND"]
    server = entity.start_server(("127.0.0.1", 0), block=False)
    port = server.socket.getsockname()[1]
    try:
        assert "our AE title INBOXRAY" in fails(f"dicom://PACS@127.0.0.1:{port}").error
        assert "another AE title than PCAS" in fails(f"dicom://PCAS@127.0.0.1:{port}", own="FRIEND").error
    finally:
        server.shutdown()


@needs_openssl
@needs_storescp
def test_tls_with_our_certificate_and_without(network, tmp_path, monkeypatch):
    authority = Authority(tmp_path / "tls")
    archive, own = authority.sign("archive"), authority.sign("client")
    options = ("+tls", archive.key, archive.certificate, "+cf", authority.certificate)
    with StoreScp(tmp_path / "archive", *map(str, options)) as server:
        address = server.address.replace("dicom:", "dicoms:")
        known = Settings(
            tls_authorities_file=authority.certificate,
            tls_certificate_file=own.certificate,
            tls_key_file=own.key,
        )
        line = Line(parse_destination(address), "INBOXRAY", scaled(5), client_context(known))
        with associated(line, CONTEXTS) as association:
            assert association.is_established
        without = client_context(Settings(tls_authorities_file=authority.certificate))
        with monkeypatch.context() as patient:  # what it says of us it says after the handshake
            patient.setattr(diagnose, "_ALERT_S", scaled(5))
            found = fails(address, tls=without, timeout_s=5)
        assert (found.step, "certificate" in found.error) == ("tls", True)
        found = fails(address, tls=ssl.create_default_context())
        assert (found.step, "not accepted" in found.error) == ("tls", True)
        found = fails(server.address)
        assert (found.step, "dicoms://" in found.remedy) == ("associate", True)


def test_a_peer_that_hangs_up_costs_no_thread():
    with socket.create_server(("127.0.0.1", 0)) as rude:
        stop = threading.Event()

        def hang_up():
            rude.settimeout(0.05)
            while not stop.is_set():
                with suppress(TimeoutError):
                    rude.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        before = set(threading.enumerate())
        assert fails(f"dicom://A@127.0.0.1:{rude.getsockname()[1]}").step == "associate"
        stop.set()
        thread.join()
    wait_until(lambda: before >= {*threading.enumerate(), thread}, what="the end of its threads")
