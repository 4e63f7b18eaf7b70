import pytest
from pydantic import ValidationError

from daemon.settings.fields import Settings
from daemon.settings.notices import MailServer, parse_mail_server, parse_recipient, parse_webhook


def test_a_webhook_is_an_address_of_the_web():
    hook = parse_webhook("https://hook.example:8443/a/b")
    assert (hook.host, hook.port, hook.is_encrypted) == ("hook.example", 8443, True)
    assert parse_webhook("http://127.0.0.1/x").port == 80


@pytest.mark.parametrize(
    "address",
    ["ftp://h/x", "file:///etc/passwd", "https:///x", "https://u:p@h/x", "https://u@h/x", "https://h/x?t=1",
     "https://h/#x", "https://h:99999/x", "https://h/a\tb"],
)  # fmt: skip
def test_any_other_scheme_and_what_holds_a_secret_is_refused(address):
    with pytest.raises(ValueError, match="wanted"):
        Settings(webhook_to=[address], webhook_secret="s" * 20)


def test_a_mail_server_and_who_gets_mail():
    assert parse_mail_server("smtp://mail.example") == MailServer("mail.example", 587, "smtp")
    assert parse_mail_server("smtps://mail.example:1465").port == 1465
    assert parse_recipient("ward@example.org").address == "mailto:ward@example.org"
    for bad in ("mail.example", "http://h", "smtp://u:p@h", "smtp://h/x"):
        with pytest.raises(ValueError):
            parse_mail_server(bad)
    for bad in ("ward", "A <a@b.c>", "a@b\r\nBcc: x@y.z", "a@b..c"):
        with pytest.raises(ValidationError):
            Settings(mail_to=[bad], mail_from="a@b.c", mail_server="smtp://h")


def test_the_secret_is_in_no_digest_and_not_shown():
    one, other = (Settings(webhook_secret=text * 20) for text in "ab")
    assert one.digest() == other.digest()
    assert "aaa" not in repr(one)
