import pytest

from daemon.web.guard import LOOPBACK, Guard, host_of
from tests.support.asgi import ask


async def within(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"within"})


def get(url, hosts=LOOPBACK, method="GET"):
    return ask(Guard(within, hosts), url, method)


@pytest.mark.parametrize("base", ["http://localhost:8070", "http://127.0.0.1", "http://[::1]:8070"])
def test_this_machine_is_answered(base):
    assert get(base).text == "within"


@pytest.mark.parametrize(
    "base", ["http://evil.example:8070", "http://127.0.0.1.evil.example", "http://0.0.0.0"]
)
def test_another_name_is_refused(base):
    """Break it: answer under any name. A page of another site reads patients through the user's browser."""
    answer = get(base)
    assert answer.status == 421
    assert "--host" in answer.text
    assert "within" not in answer.text


def test_a_form_of_the_page_names_where_it_comes_from():
    """Break it: send no referrer. Off loopback a browser calls the origin of the page's own form `null`."""
    assert get("http://localhost").headers["referrer-policy"] == "same-origin"


def test_a_name_that_was_allowed_is_answered_in_any_case():
    assert get("http://RAD.example", LOOPBACK | {"rad.example"}).status == 200


@pytest.mark.parametrize("hosts", [[], [b"localhost", b"evil.example"]])
def test_no_name_or_two_are_none(hosts):
    assert host_of({"headers": [(b"host", host) for host in hosts]}) == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(method):
    assert get("http://localhost", method=method).status == 405


def test_a_browser_may_load_nothing_from_elsewhere_and_keep_nothing():
    headers = get("http://localhost").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
