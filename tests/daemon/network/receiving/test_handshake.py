"""What went wrong in a handshake is said with what to do; the real ones are in `test_channel`."""

import errno
import ssl

import pytest

from daemon.network.receiving.handshake import explain_first_byte, explain_handshake


@pytest.mark.parametrize(
    ("error", "words", "remedy"),
    [
        (TimeoutError(), "no handshake in time", "uses TLS"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "ECONNRESET", "tls_certificate_file"),
        (ssl.SSLError(1, "x"), "can be agreed on", "TLS 1.2"),
    ],
)
def test_each_failure_has_its_words(error, words, remedy):
    told = explain_handshake(error)
    assert words in told[0]
    assert remedy in told[1]


def test_the_first_byte_tells_tls_from_the_rest():
    assert "receive_tls_listen" in explain_first_byte(0x16)[1]
    assert "DICOM" in explain_first_byte(ord("G"))[0]
