from daemon.settings.fields import Settings
from daemon.settings.sent_to import all_addresses, archives, notified


def test_archives_come_first_then_webhooks_then_mailboxes():
    known = Settings(
        send_to="file:///a",
        webhook_to="https://h/x",
        webhook_secret="s" * 20,
        mail_to="a@b.c",
        mail_from="d@b.c",
        mail_server="smtp://h",
    )
    assert all_addresses(known) == ("file:///a", "https://h/x", "mailto:a@b.c")
    assert [one.address for one in archives(known)] == ["file:///a"]
    assert len({one.key for one in (*archives(known), *notified(known))}) == 3
