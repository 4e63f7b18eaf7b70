import pytest

from daemon.backfill import plan as planning
from daemon.backfill.original import Entry
from daemon.backfill.plan import read_plan, write_plan

NAMES = [b"b", b"a\tb", b"c\nd", b"%09", b"\xff", b"e"]
FOUND = [(Entry(b"/archive/" + name, name), 1000 * (3 - number)) for number, name in enumerate(NAMES)]


@pytest.fixture(autouse=True)
def _small_runs(monkeypatch):
    monkeypatch.setattr(planning, "_A_RUN", 2)
    monkeypatch.setattr(planning, "_MOST_OPEN", 2)


def nothing():
    """Be called for each."""


def read(path, at=0):
    with path.open("rb") as plan:
        return list(read_plan(plan, at))


@pytest.mark.parametrize(
    ("order", "expected"),
    [("newest", NAMES), ("oldest", NAMES[::-1]), ("names", sorted(NAMES)), ("as_given", NAMES)],
)
def test_files_come_in_the_order_that_was_asked_for_whatever_their_names(tmp_path, order, expected):
    """Break it: sort numbers as texts. Files of before 1970 come among the others."""
    assert write_plan(tmp_path / "plan", FOUND, order, nothing) == len(NAMES)
    entries = [entry for entry, _ in read(tmp_path / "plan")]
    if order == "names":
        assert sorted(entry.source for entry in entries) == expected
        assert [entry.path for entry in entries] == [b"/archive/" + entry.source for entry in entries]
    else:
        assert entries == [Entry(b"/archive/" + name, name) for name in expected]
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_it_goes_on_at_each_place(tmp_path):
    again = [(Entry(b"/spool/done/x", b"x", "0" * 36), 0), *FOUND]
    write_plan(tmp_path / "plan", again, "as_given", nothing)
    whole = read(tmp_path / "plan")
    assert whole[0][0].requeued_from == "0" * 36
    for number, (_, at) in enumerate(whole):
        assert read(tmp_path / "plan", at) == whole[number + 1 :]


def test_a_plan_that_was_not_finished_is_none(tmp_path):
    """Break it: write it in place. After a kill in the walk the rest of the archive is forgotten."""

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_plan(tmp_path / "plan", FOUND, "names", stop)
    assert list(tmp_path.iterdir()) == []
