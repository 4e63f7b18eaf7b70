"""The tracker of studies, put together by the settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.network.sending.outbox import Outbox
from daemon.network.studies.arrivals import ReceivedAssociations
from daemon.network.studies.notices import Mail, Webhooks
from daemon.network.studies.quiet import Quiet
from daemon.network.studies.structured import MakeReport, StudyReports
from daemon.network.studies.tracker import Tracker
from daemon.pipeline.identifiers import open_identifiers
from daemon.settings.notices import parse_recipient, parse_webhook
from daemon.settings.rules import parse_rule
from daemon.settings.sent_to import archives
from daemon.spool.folders import Spool

if TYPE_CHECKING:
    from daemon.network.studies.report import Channel
    from daemon.settings.fields import Settings


def reports_studies(settings: "Settings") -> bool:
    """Say whether anything is made of studies.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    bool
    """
    is_report = settings.study_report and bool(settings.send_to)
    return is_report or bool(settings.webhook_to or settings.mail_to)


def tracker_of(
    settings: "Settings", outbox: Outbox, folders: Mapping[str, Path], make_report: MakeReport | None
) -> Tracker:
    """Make the tracker that the settings ask for.

    Parameters
    ----------
    settings : Settings
    outbox : Outbox
        Held by this process.
    folders : mapping of str to Path
        Of all destinations, by the address of each.
    make_report : callable or None
        Makes the report of a study.

    Returns
    -------
    Tracker

    Raises
    ------
    ConfigurationError
        The key of `identifiers` cannot be read.
    """
    channels: list[Channel] = []
    names_patients = settings.notices_name_patients
    if settings.study_report and make_report is not None:
        channels.append(StudyReports([folders[one.address].name for one in archives(settings)], make_report))
    if settings.webhook_to:
        names = [folders[parse_webhook(address).address].name for address in settings.webhook_to]
        rules = [parse_rule(text) for text in settings.webhook_when]
        channels.append(Webhooks(names, rules, names_patients=names_patients))
    if settings.mail_to and settings.mail_from is not None:
        mailboxes = {folders[parse_recipient(one).address].name: one for one in settings.mail_to}
        rules = [parse_rule(text) for text in settings.mail_when]
        channels.append(Mail(mailboxes, settings.mail_from, rules, names_patients=names_patients))
    identifiers = open_identifiers(settings.identifiers, settings.identifiers_key_file)
    return Tracker(
        outbox,
        {folder.name: folder for folder in folders.values()},
        channels,
        Quiet(settings.study_quiet_s, settings.study_wait_s),
        ReceivedAssociations(Spool(settings.spool).inbox, identifiers.value),
        min_free_percent=settings.outbox_min_free_percent,
    )
