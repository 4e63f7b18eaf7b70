"""Who gets notices of which studies, by rules; who got one of a study gets its corrections, too."""

from collections.abc import Mapping, Sequence

from daemon.network.studies.notice import Notice, mail, webhook_body
from daemon.network.studies.report import Put, StudyReport
from daemon.settings.rules import Rule


def _is_for(report: StudyReport, rules: Sequence[Rule], name: str) -> bool:
    was_notified = report.before is not None and name in report.before.notified
    return was_notified or any(rule.matches(report.study, len(report.waiting)) for rule in rules)


class Webhooks:
    """Webhooks that get notices.

    Parameters
    ----------
    names : sequence of str
        Of their folders in the outbox.
    rules : sequence of Rule
    names_patients : bool
    """

    def __init__(self, names: Sequence[str], rules: Sequence[Rule], *, names_patients: bool) -> None:
        self._names, self._rules, self._names_patients = names, rules, names_patients

    def put(self, report: StudyReport) -> Put:
        """Say what they get of a report.

        Parameters
        ----------
        report : StudyReport

        Returns
        -------
        Put
        """
        chosen = tuple(name for name in self._names if _is_for(report, self._rules, name))
        if not chosen:
            return Put()
        made = webhook_body(report, names_patients=self._names_patients)
        return Put([(name, made) for name in chosen], chosen)


class Mail:
    """Mailboxes that get notices.

    Parameters
    ----------
    names : mapping of str to str
        The mailbox, by the name of its folder in the outbox.
    sender : str
    rules : sequence of Rule
    names_patients : bool
    """

    def __init__(
        self, names: Mapping[str, str], sender: str, rules: Sequence[Rule], *, names_patients: bool
    ) -> None:
        self._names, self._sender = names, sender
        self._rules, self._names_patients = rules, names_patients

    def put(self, report: StudyReport) -> Put:
        """Say what they get of a report.

        Parameters
        ----------
        report : StudyReport

        Returns
        -------
        Put
        """
        chosen = tuple(name for name in self._names if _is_for(report, self._rules, name))
        made: list[tuple[str, Notice]] = [
            (name, mail(report, self._sender, self._names[name], names_patients=self._names_patients))
            for name in chosen
        ]
        return Put(made, chosen)
