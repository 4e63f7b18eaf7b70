import pytest

from daemon.errors import ConfigurationError
from daemon.network.sending.commitments import Reports
from daemon.network.sending.dicom_peer import DicomPeer
from daemon.network.sending.folder_peer import FolderPeer
from daemon.network.sending.peers import peer_of
from daemon.network.sending.stow_peer import StowPeer
from daemon.settings.destinations import parse_destination
from daemon.settings.fields import Settings


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("dicom://A@h:104", DicomPeer),
        ("dicoms://A@h:104", DicomPeer),
        ("https://h/studies", StowPeer),
        ("file:///srv", FolderPeer),
    ],
)
def test_each_address_has_its_kind_of_peer(address, kind):
    peer = peer_of(parse_destination(address), Settings(), Reports())
    peer.close()
    assert isinstance(peer, kind)
    if kind is DicomPeer:
        assert (peer._line.tls is not None) == address.startswith("dicoms:")


def test_a_file_of_passwords_that_is_none_is_named(tmp_path):
    for content in (None, "machine h colour blue"):
        if content:
            (tmp_path / "netrc").write_text(content)
        with pytest.raises(ConfigurationError, match="send_netrc_file"):
            peer_of(
                parse_destination("https://h/studies"),
                Settings(send_netrc_file=tmp_path / "netrc"),
                Reports(),
            )
