"""Who may send: by title, and by address where one is given."""

import ipaddress

import pytest

from daemon.errors import ConfigurationError
from daemon.network.receiving.allowed import Allowed, AllowedPeer, parse_peer
from daemon.settings.types import is_entity_title


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CT1", ("CT1", None, None)),
        ("CT 1@192.0.2.7", ("CT 1", "192.0.2.7", None)),
        (" CT1@192.0.2.7:104 ", ("CT1", "192.0.2.7", 104)),
        ("CT1@2001:db8::7", ("CT1", "2001:db8::7", None)),
        ("CT1@[2001:db8::7]:104", ("CT1", "2001:db8::7", 104)),
        ("A@B@192.0.2.7", ("A@B", "192.0.2.7", None)),
    ],
)
def test_entries_are_read(text, parts):
    title, address, port = parts
    assert AllowedPeer(title, address and ipaddress.ip_address(address), port) == parse_peer(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@192.0.2.7",
        "CT1@",
        "CT1@host",
        "CT1@192.0.2.7:0",
        "CT1@192.0.2.7:x",
        "X" * 17,
        "A\\B",
        "CT1@[::1]x",
    ],
)
def test_what_is_no_entry_is_refused_with_an_example(text):
    with pytest.raises(ConfigurationError, match="such as CT1@192"):
        parse_peer(text)


def test_without_a_list_this_machine_alone_may_send():
    allowed = Allowed([])
    assert allowed("ANY", "127.0.0.1")
    assert allowed("ANY", "::1")
    assert allowed("ANY", "::ffff:127.0.0.1")
    assert not allowed("ANY", "192.0.2.7")
    assert not allowed("", "127.0.0.1")
    assert not allowed("A\\B", "127.0.0.1")


def test_with_a_list_nobody_else_may_not_even_from_here():
    allowed = Allowed([parse_peer("CT1@192.0.2.7:104"), parse_peer("MR1")])
    assert allowed("CT1", "192.0.2.7")
    assert allowed("CT1", "::ffff:192.0.2.7")
    assert allowed("MR1", "198.51.100.1")
    for title, address in (
        ("CT1", "192.0.2.8"),
        ("CT1", "127.0.0.1"),
        ("ct1", "192.0.2.7"),
        ("CT11", "192.0.2.7"),
    ):
        assert not allowed(title, address)


def test_reports_go_where_a_port_is_given():
    allowed = Allowed([parse_peer("CT1@192.0.2.7"), parse_peer("CT1@192.0.2.7:104"), parse_peer("MR1")])
    assert allowed.reports_to("CT1", "192.0.2.7") == 104
    assert allowed.reports_to("MR1", "192.0.2.7") is None
    assert allowed.reports_to("CT1", "192.0.2.8") is None


def test_titles():
    assert is_entity_title("X" * 16)
    assert not any(map(is_entity_title, ("", " ", "X" * 17, " X", "X ", "A\\B", "Ä", "A\n")))
