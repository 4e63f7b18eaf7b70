import base64
import hmac

import pytest

from daemon.errors import ConfigurationError
from daemon.network.sending.signature import signed_headers, webhook_secret
from daemon.settings.fields import Settings

SECRET = b"0123456789abcdef0123"


def test_id_time_stamp_and_body_are_signed():
    """Break it: leave one of them out."""
    made = signed_headers(SECRET, "study_1", 1_700_000_000, b'{"a":1}')
    wanted = hmac.new(SECRET, b'study_1.1700000000.{"a":1}', "sha256").digest()
    assert made == {
        "webhook-id": "study_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1," + base64.b64encode(wanted).decode(),
    }
    others = [
        signed_headers(*given)["webhook-signature"]
        for given in (
            (SECRET, "study_2", 1_700_000_000, b'{"a":1}'),
            (SECRET, "study_1", 1_700_000_001, b'{"a":1}'),
            (SECRET, "study_1", 1_700_000_000, b'{"a":2}'),
            (SECRET[::-1], "study_1", 1_700_000_000, b'{"a":1}'),
        )
    ]
    assert made["webhook-signature"] not in others


def test_it_is_that_of_standard_webhooks():
    """The example of its specification."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_secret_comes_from_a_file_or_a_variable(tmp_path):
    encoded = "whsec_" + base64.b64encode(SECRET).decode()
    (tmp_path / "secret").write_text(encoded + "\n")
    assert webhook_secret(Settings(webhook_secret_file=tmp_path / "secret")) == SECRET
    assert webhook_secret(Settings(webhook_secret=encoded)) == SECRET
    assert webhook_secret(Settings(webhook_secret="a plain text as " + "secret")) == b"a plain text as secret"


@pytest.mark.parametrize("content", [b"short", b"whsec_short", b"whsec_*", b"\xff\xfe" * 20, None])
def test_one_that_cannot_serve_is_refused_and_not_shown(tmp_path, content):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigurationError, match="webhook_secret_file") as refused:
        webhook_secret(Settings(webhook_secret_file=tmp_path / "secret"))
    assert "short" not in str(refused.value).replace("a short one", "")
