"""How many tests were skipped, by reason: a line each, instead of one for each test."""

from collections import Counter


def skips_by_reason(reports):
    """Count what was skipped.

    Parameters
    ----------
    reports : iterable of pytest.TestReport or pytest.CollectReport
        Of tests and modules that were skipped.

    Returns
    -------
    list of str
        Such as ``41 skipped: git is not installed``, the most frequent first.
    """
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    return [f"{number} skipped: {reason}" for reason, number in reasons.most_common()]
