"""Findings counted by hand, on files that do not exist; from real files: `test_audit`."""

from model.lab.audit.findings import (
    Leak,
    by_source,
    contradictions,
    findings,
    leaks,
    sources_by_label,
    summary,
)
from tests.support.audits import audit_of, audited

YES, NO = "fractured", "not_fractured"


def test_a_leak_counts_rows_by_bytes_by_source_and_by_patient():
    found = leaks(
        audit_of(
            audited("a", (YES, "train"), (YES, "test"), (YES, "test"), source="1", patient="A"),
            audited("b", (YES, "test"), source="1", patient="A"),
            audited("c", (NO, "test"), source="2", patient="A"),
            audited("d", (NO, "test"), source="3", patient="B"),
        )
    )

    assert found == {"test": Leak(rows=5, exact=2, copies=3, patients=4)}


def test_without_training_rows_nothing_leaks():
    assert leaks(audit_of(audited("a", (YES, "test")), audited("b", (YES, "")))) == {}


def test_sources_come_the_largest_first_then_by_name():
    files = [audited(name, (YES, ""), source=source) for name, source in zip("abcd", "2133", strict=True)]
    found = by_source(audit_of(*files))

    assert list(found) == ["3", "1", "2"]
    assert found["3"] == (files[2], files[3])


def test_a_source_contradicts_itself_over_its_files_or_within_one():
    torn = audited("a", (YES, ""), (NO, ""), source="1")
    pair = [audited("b", (YES, ""), source="2"), audited("c", (NO, ""), source="2")]
    sound = audited("d", (NO, ""), (NO, ""), source="3")

    assert contradictions(audit_of(torn, *pair, sound)) == {"2": tuple(pair), "1": (torn,)}


def test_a_file_stands_under_each_of_its_findings():
    odd = audited("a", (YES, ""), error_code="truncated", has_wrong_ending=True)
    marked = audited("b", (NO, ""), marks=frozenset({"few_tones", "bright_bars"}))

    assert findings(audit_of(odd, marked)) == {
        "bright_bars": (marked,),
        "broken: truncated": (odd,),
        "few_tones": (marked,),
        "wrong_ending": (odd,),
    }


def test_a_finding_is_counted_once_a_source_and_label():
    files = [
        audited("a", (YES, ""), source="1"),
        audited("b", (YES, ""), source="1"),
        audited("c", (NO, ""), source="2"),
    ]

    assert sources_by_label(files) == {YES: 1, NO: 1}


def test_a_summary_of_nothing_is_of_zeros():
    assert set(summary(audit_of()).values()) == {0}
