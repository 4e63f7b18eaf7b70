import pytest
from pydantic import ValidationError

from daemon.settings.fields import Settings


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"webhook_to": "https://h/x"}, "webhook_secret_file"),
        ({"webhook_secret": "s" * 20, "webhook_secret_file": "/x"}, "leave one out"),
        ({"mail_to": "a@b.c", "mail_from": "a@b.c"}, "mail_server and mail_from"),
        ({"mail_to": "a@b.c,a@b.c", "mail_from": "a@b.c", "mail_server": "smtp://h"}, "twice"),
        ({"webhook_when": "broken"}, "rules such as"),
    ],
)
def test_what_does_not_go_together_is_said(chosen, words):
    with pytest.raises(ValidationError, match=words):
        Settings(**chosen)
