"""Product code and documents use the field's words; each of these has a better one.

Break it: write "nobody" into a docstring or a message.
"""

import re
from collections import defaultdict
from functools import cache

import pytest

from tests.docs.documents import LASTING, own_files, text
from tests.support.shared import ROOT

INSTEAD = {
    "told": "known, reported, named, called with",
    "tell": "return, report, state, distinguish",
    "tells": "returns, reports, states, distinguishes",
    "said": "reported, named, announced; or the fact itself",
    "hear": "receive, find out",
    "hears": "receives, finds out",
    "heard": "found, collected",
    "nobody": "no process, no user, nothing; or the passive",
    "somebody": "another process, another user; or the passive",
    "anybody": "any process, any user; or the passive",
    "whoever": "the process that, the user who, readers",
    "spoke": "logged",
    "speaks": "uses",
}
PRODUCT = ("daemon", "migrations", "model", "storage", "systemd")
WORD = re.compile(rf"\b({'|'.join(INSTEAD)})\b", re.IGNORECASE)


def sources():
    kinds = {".py", ".sh", ".sql", ".service", ".yml", ".toml"}
    return [path for folder in PRODUCT for path in own_files(ROOT / folder) if path.suffix in kinds]


@cache
def places() -> dict[str, list[str]]:
    """Give the lines of each word: to read everything takes longer than all else here, so it is done once."""
    found = defaultdict(list)
    for path in (*sources(), *LASTING):
        for number, line in enumerate(text(path).splitlines(), start=1):
            for word in {one.lower() for one in WORD.findall(line)}:
                found[word].append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return found


@pytest.mark.parametrize("word", INSTEAD)
def test_plain_words(word):
    assert places()[word] == [], f"write instead: {INSTEAD[word]}"
