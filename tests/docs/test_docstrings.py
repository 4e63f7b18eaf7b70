"""Each public function says what it takes, gives and raises, as numpydoc has it.

Commands are left out: their docstring is their help, and Typer shows their parameters. So are methods that a
library calls by its own rules.

Break it: take a section away, or add a parameter and leave the docstring as it is.
"""

import ast
import re

from tests.docs.documents import text
from tests.support.shared import ROOT

PACKAGES = ("daemon", "storage", "model")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
ELSEWHERE = re.compile(r"(see|as of|as|those of|parameters and errors are those of) `[\w.]+`")
GIVES_NOTHING = {"None", "NoReturn", "Self"}
BASES_OF_LIBRARIES = {
    "TypeDecorator",
    "TyperGroup",
    "BaseHTTPRequestHandler",
    "FileSystemEventHandler",
    "Handler",
}


def public_functions(path):
    """Yield each function that others may call: not private, not nested, no command, no property."""
    tree = ast.parse(text(path))
    registered = set(re.findall(r"\.command\([^)]*\)\(\s*(?:\w+\.)?(\w+)\)", text(path)))
    if path.parent.name == "cli":
        registered |= {path.stem, path.stem.rpartition("_")[2], "once"}
    for owner in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]:
        if isinstance(owner, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2].partition("[")[0] for base in owner.bases}
            if owner.name.startswith("_") or bases & BASES_OF_LIBRARIES:
                continue
        for node in owner.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                decorators = " ".join(ast.unparse(one) for one in node.decorator_list)
                if node.name not in registered and not re.search(
                    "command|callback|property|setter", decorators
                ):
                    yield node


def missing(node):
    """Give what the docstring of a function lacks."""
    told = ast.get_docstring(node) or ""
    if ELSEWHERE.search(told.partition("\n\n")[0]) or ELSEWHERE.search(told):
        return []
    arguments = node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    wanted = [name for name in names if name not in ("self", "cls")]
    section = re.search(r"Parameters\n-+\n(.*?)(?=\n\n\w+\n-+\n|\Z)", told, re.DOTALL)
    named = re.findall(r"^(\S[^:\n]*)(?= :|$)", section[1], re.MULTILINE) if section else []
    described = {name.strip().lstrip("*") for line in named for name in line.split(",")}
    lacks = [name for name in wanted if name not in described]
    returned = ast.unparse(node.returns) if node.returns else "None"
    if returned not in GIVES_NOTHING and not re.search(r"^(Returns|Yields)\n-+$", told, re.MULTILINE):
        lacks.append("Returns")
    raises = any(isinstance(one, ast.Raise) and one.exc is not None for one in ast.walk(node))
    if raises and not re.search(r"^Raises\n-+$", told, re.MULTILINE):
        lacks.append("Raises")
    return lacks


def test_public_functions_say_what_they_take_give_and_raise():
    """All modules in one test: as tests of their own they take longer to deal out than to read."""
    lacking = {
        f"{path.relative_to(ROOT)}: {node.name}": missing(node)
        for path in MODULES
        for node in public_functions(path)
    }
    assert len(lacking) > len(MODULES)
    assert {name: lacks for name, lacks in lacking.items() if lacks} == {}
