"""All to whom `inboxray send` brings something: archives, webhooks and mailboxes."""

from daemon.settings.destinations import Destination, parse_destination
from daemon.settings.fields import Settings
from daemon.settings.notices import parse_recipient, parse_webhook


def archives(settings: Settings) -> list[Destination]:
    """Return who gets DICOM objects.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of Destination
    """
    return [parse_destination(address) for address in settings.send_to]


def notified(settings: Settings) -> list[Destination]:
    """Return who gets notices of studies: webhooks, then mailboxes.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of Destination
    """
    hooks = [parse_webhook(address) for address in settings.webhook_to]
    return [*hooks, *(parse_recipient(mailbox) for mailbox in settings.mail_to)]


def all_addresses(settings: Settings) -> tuple[str, ...]:
    """Return the address of each.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    tuple of str
    """
    return tuple(one.address for one in (*archives(settings), *notified(settings)))
