from daemon.network.studies.notices import Mail, Webhooks
from daemon.network.studies.report import StudyReport
from daemon.network.studies.reported import Reported
from daemon.settings.rules import parse_rule
from storage.study import study_of
from tests.support.study_rows import row

RULES = [parse_rule("fractured>=0.5"), parse_rule("failed")]


def report(*rows, before=None):
    return StudyReport(study_of("1.2", rows), before=before)


def test_who_is_chosen_by_a_rule_gets_it():
    hooks = Webhooks(["one", "two"], RULES, names_patients=False)
    put = hooks.put(report(row(1, "fractured", 0.9)))
    assert (put.notified, [name for name, _ in put.objects]) == (("one", "two"), ["one", "two"])
    assert hooks.put(report(row(1, "fractured", 0.4))).objects == ()


def test_who_got_a_finding_gets_what_corrects_it_whatever_it_is():
    """Break it: go by the rules alone. A ward goes on to believe what was taken back."""
    before = Reported(1, "study_x", "state", ("two",))
    put = Webhooks(["one", "two"], RULES, names_patients=False).put(report(row(1), before=before))
    assert put.notified == ("two",)


def test_each_mailbox_gets_a_message_of_its_own():
    known = Mail({"a": "a@x.example", "b": "b@x.example"}, "from@x.example", RULES, names_patients=False)
    put = known.put(report(row(1, "failed")))
    assert [name for name, _ in put.objects] == ["a", "b"]
    assert b"To: b@x.example" in put.objects[1][1].content
    assert b"b@x.example" not in put.objects[0][1].content
    assert known.put(report(row(1))).objects == []
