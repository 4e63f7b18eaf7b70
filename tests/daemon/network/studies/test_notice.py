import email
import email.policy
import json

import pytest

from daemon.network.studies.notice import mail, webhook_body
from daemon.network.studies.report import StudyReport
from daemon.network.studies.reported import Reported
from storage.study import study_of
from tests.support.study_rows import row

SECRETS = ("P-secret", "1.2.840", "Doe", "ACC-secret")


@pytest.fixture
def report():
    rows = [
        row(1, "fractured", 0.9, source_name="Doe^Jane.dcm", body_part_examined="DOE JANE"),
        row(2, "failed", accession_number="ACC-secret", source_name="Doe"),
        row(3, "abstained", 0.99),
    ]
    return StudyReport(study_of("1.2.840.9", rows), ("1.2.840.9.4",), Reported(1, "study_before", "state"))


def written(message):
    return email.message_from_bytes(message.content, policy=email.policy.SMTP)


def test_a_webhook_has_what_was_answered_and_no_value_of_a_patient(report):
    """Break it: put the row of the table into it."""
    made = webhook_body(report, names_patients=False)
    facts = json.loads(made.content)
    assert not any(one in made.content.decode() for one in SECRETS)
    assert facts["study"] | {"incomplete": None, "answers": None} == {
        "key": "scan-1", "number": 2, "corrects": "study_before", "answer": "fractured", "probability": 0.9,
        "scans": 3, "is_complete": False, "waiting": 1, "incomplete": None, "answers": None,
    }  # fmt: skip
    assert [one["scan_id"] for one in facts["study"]["incomplete"]] == ["scan-3", "scan-2"]
    assert facts["study"]["answers"]["failed"] == 1
    assert (facts["id"], facts["scan"]["scan_id"]) == (made.sop_instance_uid, "scan-1")
    assert webhook_body(report, names_patients=False) == made


def test_an_e_mail_has_the_same_in_words(report):
    made = mail(report, "inboxray@a.example", "ward@b.example", names_patients=False)
    message = written(made)
    text = message.get_content()
    assert not any(one in made.content.decode() for one in SECRETS)
    assert message["Subject"] == "inboxray: corrected: fractured (3 scans)"
    assert (message["From"], message["To"]) == ("inboxray@a.example", "ward@b.example")
    assert message["Message-ID"] == f"<{report.id}@a.example>"
    assert message["In-Reply-To"] == "<study_before@a.example>"
    for words in ("probability of a fracture 0.900", "scan-2 failed truncated", "Still without an answer: 1"):
        assert words in text
    assert "Not a medical device" in text
    assert mail(report, "inboxray@a.example", "ward@b.example", names_patients=False) == made


def test_both_name_the_patient_where_the_setting_says_so(report):
    facts = json.loads(webhook_body(report, names_patients=True).content)
    assert facts["patient"] == {
        "patient_id": "P-secret",
        "accession_number": "ACC-secret",
        "study_instance_uid": "1.2.840.9",
    }
    text = written(mail(report, "a@b.c", "d@e.f", names_patients=True)).get_content()
    assert "Patient ID: P-secret" in text


def test_the_number_of_an_abstained_scan_says_nothing_and_is_left_out():
    report = StudyReport(study_of(None, [row(1, "abstained", 0.99, station_name="Raum \u00e4\udc80")]))
    assert json.loads(webhook_body(report, names_patients=False).content)["study"]["probability"] is None
    message = written(mail(report, "a@b.c", "d@e.f", names_patients=False))
    assert message["Subject"] == "inboxray: abstained (1 scan)"
    assert "probability" not in message.get_content()
    assert "In-Reply-To" not in message
