"""What webhooks and e-mail say of a study: nothing of a patient, unless a setting says so.

Texts of a header are left out but for the names of the device, for some devices write names of people where a
code belongs; scans and studies are named by ids of our own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

from daemon.network.studies.report import StudyReport
from storage.times import format_utc
from storage.vocabulary import ABSTAINED

FORM: Final = 1
WEBHOOK: Final = "webhook"
MAIL: Final = "mail"
_MOST_NAMED: Final = 100
_NAMES: Final = {
    "patient_id": "Patient ID",
    "accession_number": "Accession Number",
    "study_instance_uid": "Study Instance UID",
}
_NOT_A_DEVICE: Final = "Not a medical device. No person has verified this answer."


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be sent, as the outbox takes it.

    Parameters
    ----------
    kind : str
        ``webhook`` or ``mail``.
    sop_instance_uid : str
        The id of the report: in the outbox each object has one.
    content : bytes
    """

    kind: str
    sop_instance_uid: str
    content: bytes


def facts_of(report: StudyReport, *, names_patients: bool) -> dict[str, Any]:
    """Say what is known of a study.

    Parameters
    ----------
    report : StudyReport
    names_patients : bool
        Also its patient, its accession number and its UID, as the database has them.

    Returns
    -------
    dict
        As JSON has it.
    """
    study, scan = report.study, report.study.deciding
    facts: dict[str, Any] = {
        "type": "study.reported",
        "form": FORM,
        "id": report.id,
        "answered_at": format_utc(study.answered_at),
        "study": {
            "key": study.first_scan_id,
            "number": report.number,
            "corrects": None if report.before is None else report.before.id,
            "answer": scan.answer,
            "probability": _probability(report),
            "scans": len(study.scans),
            "answers": study.counts(),
            "is_complete": not (study.incomplete or report.waiting),
            "waiting": len(report.waiting),
            "incomplete": [
                {"scan_id": one.scan_id, "answer": one.answer, "error_code": one.error_code}
                for one in study.incomplete[:_MOST_NAMED]
            ],
        },
        "scan": {
            "scan_id": scan.scan_id,
            "model": scan.model,
            "manufacturer": scan.manufacturer,
            "manufacturer_model_name": scan.manufacturer_model_name,
            "station_name": scan.station_name,
        },
        "note": _NOT_A_DEVICE,
    }
    if names_patients:
        row = study.as_row()
        facts["patient"] = {name: row[name] for name in _NAMES}
    return facts


def _probability(report: StudyReport) -> float | None:
    scan = report.study.deciding
    return None if scan.answer == ABSTAINED else scan.probability


def webhook_body(report: StudyReport, *, names_patients: bool) -> Notice:
    """Write what a webhook gets: the same bytes of the same report.

    Parameters
    ----------
    report : StudyReport
    names_patients : bool

    Returns
    -------
    Notice
        JSON in UTF-8.
    """
    facts = facts_of(report, names_patients=names_patients)
    content = json.dumps(facts, separators=(",", ":"), ensure_ascii=False)
    return Notice(WEBHOOK, report.id, content.encode("utf-8", "backslashreplace"))


def mail(report: StudyReport, sender: str, recipient: str, *, names_patients: bool) -> Notice:
    """Write an e-mail: the same bytes of the same report.

    Parameters
    ----------
    report : StudyReport
    sender, recipient : str
        Mailboxes.
    names_patients : bool

    Returns
    -------
    Notice
        A message as of RFC 5322.
    """
    facts = facts_of(report, names_patients=names_patients)
    message = EmailMessage()
    message["From"], message["To"] = sender, recipient
    message["Subject"] = _subject(report)
    message["Date"] = report.study.answered_at
    message["Message-ID"] = f"<{report.id}@{sender.rpartition('@')[2]}>"
    if report.before is not None:
        message["In-Reply-To"] = f"<{report.before.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no mailbox answers that it is away
    text = "\n".join(_lines(facts)).encode("utf-8", "backslashreplace").decode()
    message.set_content(text, cte="quoted-printable")
    return Notice(MAIL, report.id, message.as_bytes(policy=SMTP))


def _subject(report: StudyReport) -> str:
    scans = len(report.study.scans)
    of = "1 scan" if scans == 1 else f"{scans} scans"
    corrected = "" if report.before is None else "corrected: "
    return f"inboxray: {corrected}{report.study.deciding.answer.replace('_', ' ')} ({of})"


def _lines(facts: dict[str, Any]) -> Sequence[str]:
    study, scan = facts["study"], facts["scan"]
    answers = ", ".join(
        f"{number} {word.replace('_', ' ')}" for word, number in study["answers"].items() if number
    )
    device = " ".join(
        filter(None, (scan[name] for name in ("manufacturer", "manufacturer_model_name", "station_name")))
    )
    lines = [f"Study: {study['answer'].replace('_', ' ')}"]
    if study["probability"] is not None:
        lines[0] += f", probability of a fracture {study['probability']:.3f}"
    lines += [f"Scans: {study['scans']} ({answers})", f"Scan that decides: {scan['scan_id']}"]
    if scan["model"]:
        lines.append(f"Model: {scan['model']}")
    if device:
        lines.append(f"Device: {device}")
    if study["waiting"]:
        lines.append(f"Still without an answer: {study['waiting']}")
    for one in study["incomplete"]:
        lines.append(f"Incomplete: {one['scan_id']} {one['answer']} {one['error_code'] or ''}".rstrip())
    if study["corrects"]:
        lines.append(f"This takes the place of the notice before ({study['corrects']}).")
    lines += [f"{_NAMES[name]}: {value}" for name, value in facts.get("patient", {}).items() if value]
    return [*lines, f"Answered at: {facts['answered_at']}", "", facts["note"], ""]
