"""Whatever a document names is there: files, anchors, tests, commands and options, targets, settings, words.

Break it: rename a module, an option or a setting, and leave the documents as they are.
"""

import ast
import re
from functools import cache

import pytest

from tests.docs.documents import LASTING, anchors, code, inline, name, own_files, shown_faults, text
from tests.docs.generated import leaves
from tests.support.shared import ROOT

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
SOURCES = {".py", ".toml", ".sql", ".sh", ".yml", ".json", ".service", ".sysusers", ".tmpfiles", ".conf", ""}
COMMAND = re.compile(r"(?:^|[\s/])inboxray ((?:--(?:config|spool|database-url) \S+ )*)([a-z][^;|#]*)")
OPTIONS_OF_ALL = {"--config", "--spool", "--database-url", "--help"}
CITED = re.compile(r"[Ff]aults? (\d+(?:(?:, | and | to )\d+)*)")
MANY = 100  # the tests below would pass on documents that name nothing


@cache
def words() -> frozenset[str]:
    """Give every word of the sources."""
    read = (text(path) for path in own_files(ROOT) if path.suffix in SOURCES)
    return frozenset(word for source in read for word in re.findall(r"\w+", source))


@cache
def commands() -> dict[tuple[str, ...], set[str]]:
    """Give the options of each command."""
    return {
        names: {opt for one in command.params for opt in (*one.opts, *one.secondary_opts)}
        for names, command in leaves()
    }


@pytest.mark.parametrize("path", LASTING, ids=name)
def test_every_link_leads_somewhere(path):
    for target in LINK.findall(text(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(text(there)), target


@pytest.mark.parametrize("path", LASTING, ids=name)
def test_every_file_that_is_named_is_there(path):
    for span in inline(text(path)):
        if re.fullmatch(
            r"(?:daemon|storage|model|migrations|tests|systemd|docs|findings)/[\w./-]+(?:::\w+)?", span
        ):
            file, _, beginning = span.partition("::")
            assert (ROOT / file).exists(), span
            assert not beginning or any(one.startswith(beginning) for one in functions_in(file)), span
        elif re.fullmatch(r"(?:daemon|storage|model|migrations|tests)(?:\.[a-z_]\w*)+", span):
            module = ROOT / span.replace(".", "/")
            assert module.is_dir() or module.with_suffix(".py").exists(), span


@cache
def functions_in(file: str) -> list[str]:
    tree = ast.parse(text(ROOT / file))
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_every_command_that_is_named_is_one():
    named = 0
    for path in LASTING:
        for line in code(text(path)):
            for _, typed in COMMAND.findall(line):
                tokens = typed.split()
                known = [names for names in commands() if names == tuple(tokens[: len(names)])]
                is_group = any(names[0] == tokens[0] for names in commands())
                assert known or (is_group and len(tokens) == 1), f"{name(path)}: {line}"
                options = {token.partition("=")[0] for token in tokens if token.startswith("--")}
                for names in known:
                    assert options <= commands()[names] | OPTIONS_OF_ALL, f"{name(path)}: {line}"
                named += 1
    assert named > MANY


def test_every_target_of_make_that_is_named_is_one():
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    named = {
        target
        for path in LASTING
        for line in code(text(path))
        for target in re.findall(r"\bmake ([a-z]+)", line)
    }
    assert len(named) > 5
    assert named - targets == set()


def test_every_name_of_the_code_is_in_the_code():
    """Settings, codes, columns, metrics and functions: whatever is written with underscores."""
    named = 0
    for path in LASTING:
        for span in inline(text(path)):
            if "::" in span:
                continue
            for word in re.findall(r"(?<![\w/.-])[A-Za-z]\w*_\w+(?![\w/-])", span):
                assert word in words() or word.removeprefix("INBOXRAY_").lower() in words(), (
                    f"{name(path)}: {span}"
                )
                named += 1
    assert named > MANY


def test_every_fault_that_is_cited_has_its_row():
    rows = list(shown_faults())
    assert all(shown_faults().values())
    assert rows == list(range(1, len(rows) + 1))
    cited = set()
    for path in [
        one for top in ("daemon", "storage", "model", "tests") for one in (ROOT / top).rglob("*.py")
    ]:
        for numbers in CITED.findall(text(path)):
            cited |= {int(number) for number in re.findall(r"\d+", numbers)}
    assert len(cited) > len(rows) // 2
    assert cited <= set(rows)
