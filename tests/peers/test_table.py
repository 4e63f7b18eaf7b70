"""The table that `make peers` writes; the libraries themselves are asked by `make peers` alone."""

import re

from tests.docs.documents import section, text
from tests.peers import table
from tests.peers.comparison import Compared
from tests.peers.reasons import REASONS
from tests.peers.web_viewers import PACKAGES

KNOWN = ("daikon", "pixel/rtdose.dcm")
RESULTS = {
    KNOWN: Compared("not read"),
    ("daikon", "pixel/a.dcm"): Compared("same"),
    ("cornerstone", "pixel/JPGExtended.dcm"): Compared("differs", 9, 15),
    ("cornerstone", "pixel/a.dcm"): Compared("both refuse"),
}


def test_the_table_counts_verdicts_and_gives_each_difference_its_reason():
    made = table.made(RESULTS)

    assert "| daikon 1.2.46 | 1 | 0 | 1 | 0 | 0 |" in made
    assert f"| {REASONS[KNOWN]} | daikon | not read | `{KNOWN[1]}` |" in made
    assert f"| {REASONS['cornerstone', 'pixel/JPGExtended.dcm']} | cornerstone | by up to 15 |" in made
    assert "`pixel/a.dcm`" not in made


def test_a_difference_without_a_reason_and_a_reason_without_a_difference_are_named():
    surprising = RESULTS | {("daikon", "pixel/a.dcm"): Compared("differs", 1, 1), KNOWN: Compared("same")}
    odd = table.unexplained(surprising)

    assert "daikon: pixel/a.dcm" in odd
    assert "daikon: pixel/rtdose.dcm" in odd
    assert "cornerstone: pixel/JPGExtended.dcm" not in odd
    assert any(one.endswith("was not compared") for one in odd)


def test_every_reason_is_about_a_peer_and_every_package_is_pinned():
    assert {peer for peer, _ in REASONS} == PACKAGES.keys()
    assert all(re.fullmatch(r".+@\d+\.\d+\.\d+", one) for packages in PACKAGES.values() for one in packages)


def test_the_document_has_what_was_written_last():
    written = section(text(table.DOCUMENT), table.MARKER)

    assert {*re.findall(r"`((?:radiograph|pixel|cases)/[^`]+)`", written)} == {name for _, name in REASONS}
    assert "| ? |" not in written
