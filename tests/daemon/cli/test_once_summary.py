from collections import Counter

from daemon.cli.once_summary import sum_up
from daemon.service.onlooker import View
from daemon.settings.fields import Settings
from storage.vocabulary import BY_SUSPICION, DECISIONS, FAILED, REJECTED
from tests.daemon.cli.test_onlooking import CALM
from tests.support.daemons import inboxray
from tests.support.pictures import png_bytes
from tests.support.terminals import AtTerminal

LEFT = View(0, 0, Counter(), {}, None, ignored=3, unclaimable=1)


def test_failures_come_with_what_to_do_and_what_is_left_with_where_to_ask(tmp_path, capfd):
    answers = {
        ("classified", None, "not_fractured"): 5,
        ("failed", "truncated", None): 2,
        ("failed", "unknown_format", None): 1,
    }
    sum_up(Settings(spool=tmp_path), answers, LEFT)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "truncated: The file ends before its picture does" in shown.err
    assert f"`inboxray --spool {tmp_path} requeue --code truncated`" in shown.err
    assert "requeue --code unknown_format" not in shown.err  # the same bytes have the same answer
    assert f"8 scans answered, in sqlite:///{tmp_path}/results.db" in shown.err
    assert (
        "left in the inbox: 3 that are never claimed by their names, 1 that may not be renamed" in shown.err
    )
    assert shown.err.index("failed: truncated") < shown.err.index("not fractured")


def test_every_answer_has_its_place_in_the_order():
    assert sorted(BY_SUSPICION) == sorted((*DECISIONS, FAILED, REJECTED))


def test_once_shows_a_bar_and_sums_up_on_a_terminal_alone(tmp_path):
    spool = tmp_path / "spool"
    (spool / "inbox").mkdir(parents=True)
    for seed in range(3):
        (spool / "inbox" / f"{seed}.png").write_bytes(png_bytes(seed))
    (spool / "inbox" / "note.txt").write_bytes(b"no picture")
    with AtTerminal(spool, "once", **CALM) as terminal:
        assert terminal.end() == 0
    assert " of 4 answered" in terminal.plain
    assert "4 scans answered" in terminal.plain
    assert "unknown_format: The file is no DICOM" in terminal.plain
    assert "note.txt" in terminal.plain

    again = inboxray(spool, "once", **CALM)
    assert again.returncode == 0
    assert "nothing was answered" not in again.stderr


def test_an_inbox_without_a_file_says_so(tmp_path):
    with AtTerminal(tmp_path / "spool", "once", "--create", **CALM) as terminal:
        assert terminal.end() == 0
    assert "nothing was answered: no file in" in terminal.plain
