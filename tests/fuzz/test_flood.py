"""A receiver under a small flood stays up and serves good senders; `make flood` is the large one."""

from tests.fuzz.flood import MOST_GROWTH, WITHIN_S, flood
from tests.support.deadlines import scaled


def test_a_flood_keeps_no_good_sender_out(tmp_path):
    """Break it: let no silent association give way. Good senders are then rejected while it lasts."""
    seen = flood(tmp_path / "spool", silent=30, slow=3, damaged=120)
    assert seen.is_alive
    assert seen.damaged == 120
    assert max(seen.waited) < scaled(WITHIN_S)
    assert seen.growth < MOST_GROWTH
    assert seen.left == 0
    assert seen.stored >= len(seen.waited)
