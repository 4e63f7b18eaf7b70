import re

from daemon.settings.fields import Settings


def test_the_digest_follows_values_but_not_passwords():
    one = Settings(database_url="postgresql://me:one@host/x")
    other = Settings(database_url="postgresql://me:two@host/x")
    assert re.fullmatch("[0-9a-f]{64}", one.digest())
    assert one.digest() == other.digest()
    assert one.digest() != Settings(database_url="postgresql://me:one@host/y").digest()
    assert one.digest() != one.model_copy(update={"batch_size": 3}).digest()


def test_every_setting_says_what_it_is_for():
    assert [key for key, field in Settings.model_fields.items() if not field.description] == []
