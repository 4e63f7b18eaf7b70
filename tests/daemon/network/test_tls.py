import ssl

import pytest

from daemon.errors import ConfigurationError
from daemon.network.tls import client_context
from daemon.settings.fields import Settings
from tests.support.certificates import Authority, needs_openssl


@needs_openssl
def test_peers_are_checked_and_we_can_be(tmp_path):
    authority = Authority(tmp_path / "tls")
    own = authority.sign("client")
    context = client_context(
        Settings(
            tls_authorities_file=authority.certificate,
            tls_certificate_file=own.certificate,
            tls_key_file=own.key,
        )
    )

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) == 1


@needs_openssl
def test_a_file_that_cannot_be_used_is_named_by_its_setting(tmp_path):
    authority = Authority(tmp_path / "tls")
    one, other = authority.sign("one"), authority.sign("other")
    none = tmp_path / "none.pem"
    none.write_text("no certificate")
    for settings, words in (
        ({"tls_authorities_file": none}, "tls_authorities_file"),
        ({"tls_authorities_file": tmp_path / "absent"}, "tls_authorities_file.*ENOENT"),
        ({"tls_certificate_file": one.certificate, "tls_key_file": other.key}, "tls_key_file.*MISMATCH"),
        ({"tls_certificate_file": none, "tls_key_file": one.key}, "tls_certificate_file"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            client_context(Settings(**settings))


def test_a_key_without_a_certificate_is_refused():
    with pytest.raises(ConfigurationError, match="set tls_certificate_file"):
        client_context(Settings(tls_key_file="a.key"))


@needs_openssl
def test_one_file_may_hold_both(tmp_path):
    own = Authority(tmp_path / "tls").sign("client")
    both = tmp_path / "both.pem"
    both.write_bytes(own.key.read_bytes() + own.certificate.read_bytes())
    client_context(Settings(tls_certificate_file=both))
