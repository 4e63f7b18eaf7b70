import base64

import pytest

from daemon.errors import ConfigurationError
from daemon.web.token import TokenGate, read_token
from tests.support.asgi import ask

TOKEN = b"dGhpcyBpcyBhIHRva2VuIG9mIDI0IGJ5dGVz"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "page.token"
    path.write_bytes(TOKEN + b"\n")
    path.chmod(0o600)
    return path


def basic(password, name=b"any"):
    return b"Basic " + base64.b64encode(name + b":" + password)


async def within(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"within"})


def get(*shown):
    return ask(
        TokenGate(within, TOKEN), "http://localhost/", headers=[(b"authorization", one) for one in shown]
    )


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640])
def test_a_token_is_read_from_a_file_for_few(file, mode):
    file.chmod(mode)
    assert read_token(file) == TOKEN


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o604, 0o660, 0o602])
def test_a_file_that_is_open_to_others_is_refused(file, mode):
    """Break it: look at no rights. Then a token that each account of the machine knows guards nothing."""
    file.chmod(mode)
    with pytest.raises(ConfigurationError, match="others may read or change"):
        read_token(file)


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"two words of which it is made", b"x" * 5000])
def test_what_can_be_guessed_or_is_no_token_is_refused(file, content):
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="holds no word of 22 characters") as caught:
        read_token(file)
    assert "short" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot read the token file"):
        read_token(tmp_path / "absent")


@pytest.mark.parametrize(
    "shown",
    [basic(TOKEN), basic(TOKEN, b""), basic(TOKEN).replace(b"Basic", b"basic"), b"Bearer " + TOKEN],
)
def test_who_shows_the_token_is_let_in(shown):
    assert get(shown).text == "within"


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [b""],
        [TOKEN],
        [b"Basic " + TOKEN],
        [b"Basic"],
        [b"Basic \xff\xfe"],
        [b"Basic " + base64.b64encode(TOKEN)],
        [basic(b"")],
        [basic(TOKEN[:-1])],
        [basic(TOKEN + b"x")],
        [basic(b"any", TOKEN)],
        [b"Bearer "],
        [b"Bearer " + TOKEN.lower()],
        [b"Digest " + TOKEN],
        [b"Bearer wrong", b"Bearer " + TOKEN],
    ],
)
def test_all_others_are_asked_for_it(shown):
    answer = get(*shown)
    assert answer.status == 401
    assert "Bearer" in answer.headers["www-authenticate"]
    assert answer.headers["cache-control"] == "no-store"
    assert "within" not in answer.text
    assert TOKEN.decode() not in answer.text
