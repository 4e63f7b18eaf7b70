"""Product code and documents use the field's words; each of these few has a better one.

Break it: write "nobody" into a docstring or a message.
"""

import re
import subprocess

import pytest

from tests.docs.documents import LASTING, text
from tests.support.shared import ROOT

INSTEAD = {
    "told": "known, reported, named, called with",
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
    listed = subprocess.run(
        ["git", "ls-files", *PRODUCT], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    kinds = (".py", ".sh", ".sql", ".service", ".yml", ".toml")
    return [ROOT / line for line in listed if line.endswith(kinds) and (ROOT / line).is_file()]


@pytest.mark.parametrize("word", INSTEAD)
def test_plain_words(word):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in (*sources(), *LASTING)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if word in (one.lower() for one in WORD.findall(line))
    ]
    assert found == [], f"write instead: {INSTEAD[word]}"
