import os
import urllib.request

import pytest

from daemon.errors import CannotCreateError, ConfigurationError, SpoolInUseError
from daemon.network.sending.assembly import assembled, destinations_of, measured, outbox_of
from daemon.network.sending.entries import State, entries, put
from daemon.settings.fields import Settings
from daemon.shutdown import Shutdown
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.records import scan_id
from tests.support.result_objects import made_object


def settings(tmp_path, **more):
    (tmp_path / "spool").mkdir(exist_ok=True)
    (tmp_path / "archive").mkdir(exist_ok=True)
    return Settings(spool=tmp_path / "spool", send_to=f"file://{tmp_path}/archive", **more)


def test_what_lies_in_the_outbox_is_sent_and_measured(tmp_path):
    listen = f"127.0.0.1:{free_port()}"
    known = settings(tmp_path, send_metrics_listen=listen)
    with assembled(known, lambda: None, lambda _: [], Shutdown()) as sender:
        (dispatch,) = sender.dispatches
        put(dispatch.folder, scan_id(1), made_object(scan_id(1)))
        os.utime(entries(dispatch.folder, State.WAITING)[0].path, (1e9, 1e9))
        assert measured([dispatch])[dispatch.address].oldest_s > 1e7
        sender.once()
        assert len(os.listdir(tmp_path / "archive")) == 1
        with urllib.request.urlopen(f"http://{listen}/metrics", timeout=scaled(10)) as answer:
            text = answer.read().decode()
    assert f'inboxray_send_objects_total{{answer="confirmed",destination="{dispatch.address}"}} 1.0' in text
    assert not outbox_of(known).is_held()


def test_without_a_destination_it_says_what_to_set(tmp_path):
    with pytest.raises(ConfigurationError, match="send_to"):
        destinations_of(Settings(spool=tmp_path))


def test_a_second_sender_and_an_outbox_that_cannot_be_made_are_refused(tmp_path):
    known = settings(tmp_path)
    with (
        assembled(known, lambda: None, lambda _: [], Shutdown()),
        pytest.raises(SpoolInUseError),
        assembled(known, lambda: None, lambda _: [], Shutdown()),
    ):
        pass
    for folder in outbox_of(known).root.iterdir():
        if folder.is_dir():
            os.rename(folder / "waiting", folder / "gone")
            (folder / "waiting").write_text("a file")
    with (
        pytest.raises(CannotCreateError, match="outbox"),
        assembled(known, lambda: None, lambda _: [], Shutdown()),
    ):
        pass
