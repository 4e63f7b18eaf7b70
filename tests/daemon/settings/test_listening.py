import pytest

from daemon.settings.fields import Settings
from daemon.settings.listening import listener, split_listen


@pytest.mark.parametrize(
    ("text", "place"),
    [("127.0.0.1:11112", ("127.0.0.1", 11112)), ("[::]:104", ("::", 104)), ("localhost:0", ("localhost", 0))],
)
def test_where_to_listen(text, place):
    assert place == split_listen(Settings(receive_listen=text).receive_listen)


@pytest.mark.parametrize("value", ["127.0.0.1:9100", "[::1]:1", "localhost:65535", "unix:/run/x.sock", None])
def test_metrics_are_for_this_machine(value):
    assert listener(value) == value


@pytest.mark.parametrize(
    "value",
    ["0.0.0.0:9100", "host:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", ":80", "::1:80", "unix:x"],
)
def test_and_for_no_other(value):
    with pytest.raises(ValueError, match="is wanted"):
        listener(value)
