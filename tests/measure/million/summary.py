"""The times of all questions in one table, as docs/speed.md has it."""

from collections.abc import Iterator, Mapping

GROUPS = {
    "all; the sixth and the hundredth part": ("none", "page"),
    "a decision": ("decision",),
    "an outcome; an error code that many, few or none have": ("outcome", "code"),
    "a patient; a study, series or SOP UID; none such": (
        *("patient", "study UID", "series UID", "SOP UID", "UID, none"),
    ),
    "reviewed; not reviewed; current": ("reviewed", "not reviewed", "current"),
    "a region, modality, device or model that many have": (
        *("region, many", "modality, many", "device, many", "model, all"),
    ),
    "the same that few have": ("region, few", "modality, few", "device, few"),
    "the same that no row has": ("region, none", "modality, none", "device, none", "model, none"),
    "part of a name, a warning, an accession number that many have": ("name, many", "warning, many"),
    "the same that few have or none, of the 40,000 that are looked at": (
        *("name, one", "name, none", "warning, few", "warning, none", "accession"),
    ),
    "an hour, a day, a month, a day of old; none": ("last", "a day", "before all"),
    "a probability from, to, between": ("probability",),
    "two or three at once": ("fractured", "failed of"),
}
"""A row of the table, and the beginnings of the names of its questions."""

ALONE = ("a scan", *(f"{page} of {days} days" for page in ("figures", "failures") for days in (14, 30, 365)))


def summary(p95s: Mapping[str, float]) -> Iterator[str]:
    """Yield the lines of the table.

    Parameters
    ----------
    p95s : mapping of str to float
        Milliseconds by the name of the question; its order stands behind a semicolon.
    """
    yield "| question | most suspicious first, ms | newest, oldest first, ms |"
    yield "|---|---|---|"
    for title, beginnings in GROUPS.items():
        of_row = {name: p95 for name, p95 in p95s.items() if name.startswith(beginnings) and ";" in name}
        suspicious = [p95 for name, p95 in of_row.items() if name.endswith("suspicious")]
        others = [p95 for name, p95 in of_row.items() if not name.endswith("suspicious")]
        if of_row:
            yield f"| {title} | {_between(suspicious)} | {_between(others)} |"
    for name in ALONE:
        if name in p95s:
            yield f"| {name} | {p95s[name]:.0f} | |"


def _between(values: list[float]) -> str:
    if not values:
        return ""
    least, most = round(min(values)), round(max(values))
    return str(least) if least == most else f"{least} to {most}"
