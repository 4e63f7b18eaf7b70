"""``make bench``: inboxray beside a naive daemon, Orthanc, and what the machine allows, in one run.

``python -m tests.bench [--parts mix,latency] [--base REVISION] [--rounds 5] ... [--out build/bench]``. Prints
tables and writes ``bench.json``. Files lie below ``--out``, which should be on the disk that is meant, with
2 GB to spare.
"""

import argparse
import json
import shutil
import sys
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

from tests.bench.earlier import UnknownRevisionError, checked_out
from tests.bench.machine import describe
from tests.bench.parts import Bench, Sizes
from tests.bench.report import lines

PARTS = ("mix", "whole", "syntaxes", "small", "latency", "waiting", "cores", "start", "peer", "same")


def parse(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS))
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--base", help="an earlier revision, which takes its turn on the same libraries")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        type=_setting,
        help="a setting of this revision, not of the earlier one; may be given again",
    )
    for field in fields(Sizes):
        is_list = isinstance(field.default, tuple)
        kind = type(field.default[0]) if is_list else type(field.default)
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=(lambda text, kind=kind: tuple(map(kind, text.split(",")))) if is_list else kind,
            default=field.default,
        )
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no such parts: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return chosen


def _setting(text):
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is no setting: write NAME=VALUE")
    return name, value


def main(arguments):
    """Measure what was asked for."""
    chosen = parse(arguments)
    sizes = Sizes(**{field.name: getattr(chosen, field.name) for field in fields(Sizes)})
    folder = chosen.out / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = {"machine": describe(), "base": chosen.base, "settings": dict(chosen.set)}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        base = stack.enter_context(checked_out(chosen.base, folder / "base")) if chosen.base else None
        bench = Bench(folder.resolve(), sizes, _say, base and base.resolve(), dict(chosen.set))
        for part in PARTS:
            if part in chosen.parts:
                _say(f"{part} ...")
                found[part] = getattr(bench, part)()
                (chosen.out / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    _say("")
    for line in lines(found):
        _say(line)


def _say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except UnknownRevisionError as error:
        sys.exit(f"bench: {error}")
