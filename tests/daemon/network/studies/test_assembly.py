import json

from daemon.network.sending.entries import State, entries
from daemon.network.studies.assembly import reports_studies, tracker_of
from daemon.settings.fields import Settings
from daemon.settings.sent_to import archives, notified
from model.dicom_results.scan_answer import AnswerIdentity
from storage.engine import open_engine
from tests.support.recorded import fill
from tests.support.records import NOON
from tests.support.result_objects import made_object


def settings(spool, **more):
    return Settings(
        spool=spool,
        send_to="file:///srv",
        webhook_to="https://h/x",
        webhook_secret="s" * 20,
        mail_to="a@b.c",
        mail_from="d@b.c",
        mail_server="smtp://h",
        mail_when="any",
        study_quiet_s=1,
        **more,
    )


def test_each_setting_has_its_channel(tmp_path, outbox):
    known = settings(fill(tmp_path / "spool"), study_report=True, outbox_min_free_percent=0)
    folders = {one.address: outbox.folder(one) for one in (*archives(known), *notified(known))}
    identity = AnswerIdentity("s", "m", "p", NOON)
    tracker = tracker_of(
        known, outbox, folders, lambda report: (made_object(report.id, kind="study"), identity)
    )
    tracker.begin(None)
    engine = open_engine(known.database(), readonly=True)
    while tracker.step(engine):
        pass
    engine.dispose()
    waiting = {address: len(entries(folder, State.WAITING)) for address, folder in folders.items()}
    assert waiting == {"file:///srv": 4, "https://h/x": 1, "mailto:a@b.c": 4}
    (hook,) = entries(folders["https://h/x"], State.WAITING)
    assert json.loads(hook.path.read_bytes())["study"]["answer"] == "fractured"


def test_where_nothing_is_wanted_nothing_is_followed(tmp_path):
    assert not reports_studies(Settings(send_to="file:///srv"))
    assert not reports_studies(Settings(study_report=True))
    assert reports_studies(Settings(study_report=True, send_to="file:///srv"))
    assert reports_studies(settings(tmp_path))
