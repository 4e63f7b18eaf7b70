import re
from collections import Counter

import pytest
from pydantic import BaseModel, ValidationError

from daemon.settings.fields import Settings

ROOMS = [part for part in reversed(Settings.__bases__) if part.__module__.startswith("daemon.settings.rooms")]


def test_the_digest_follows_values_but_not_passwords():
    one = Settings(database_url="postgresql://me:one@host/x")
    other = Settings(database_url="postgresql://me:two@host/x")
    assert re.fullmatch("[0-9a-f]{64}", one.digest())
    assert one.digest() == other.digest()
    assert one.digest() != Settings(database_url="postgresql://me:one@host/y").digest()
    assert one.digest() != one.model_copy(update={"batch_size": 3}).digest()


def test_every_setting_says_what_it_is_for():
    assert [key for key, field in Settings.model_fields.items() if not field.description] == []


def test_a_setting_stands_in_one_room_and_the_documents_have_them_room_by_room():
    by_room = [name for room in ROOMS for name in room.__annotations__]
    assert [name for name, rooms in Counter(by_room).items() if rooms > 1] == []
    assert by_room == list(Settings.model_fields)
    assert (by_room[0], by_room[-1]) == ("spool", "notices_name_patients")


def test_every_room_that_is_written_is_part_of_the_settings():
    written = [room for room in BaseModel.__subclasses__() if room.__module__.startswith("daemon.settings.")]
    assert set(written) == set(ROOMS)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"study_report": True, "identifiers": "drop"}, "study_report needs identifiers = keep"),
        ({"dicom_results": "sr", "identifiers": "drop"}, "dicom_results needs identifiers = keep"),
        ({"receive_commitment": True, "identifiers": "drop"}, "receive_commitment needs identifiers = keep"),
        (
            {"send_to": "https://h/studies", "webhook_to": "https://h/studies", "webhook_secret": "s" * 20},
            "same address",
        ),
    ],
)
def test_what_rooms_ask_of_each_other_is_said(chosen, words):
    with pytest.raises(ValidationError, match=words):
        Settings(**chosen)


def test_of_several_rules_the_first_is_said():
    broken = {"identifiers": "hash", "mail_to": "a@b.c", "receive_commitment": True, "study_report": True}
    with pytest.raises(ValidationError, match="hash needs identifiers_key_file"):
        Settings(**broken)
    with pytest.raises(ValidationError, match="mail_to needs mail_server"):
        Settings(**broken | {"identifiers": "drop"})
    with pytest.raises(ValidationError, match="receive_commitment needs"):
        Settings(**broken | {"identifiers": "drop", "mail_to": ""})
