"""Product code and documents use the field's words; each of these has a better one.

Break it: write "nobody" into a docstring or a message.
"""

import re

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


@pytest.mark.parametrize("word", INSTEAD)
def test_plain_words(word):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in (*sources(), *LASTING)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if word in (one.lower() for one in WORD.findall(line))
    ]
    assert found == [], f"write instead: {INSTEAD[word]}"
