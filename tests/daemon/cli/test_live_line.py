import io

from daemon.cli.live_line import LiveLine


def screen(text):
    """What a terminal shows after a text: each line as it stands in the end."""
    return [line.rpartition("\r\x1b[K")[2] for line in text.split("\n")]


def test_lines_stand_above_the_live_one_which_stands_once():
    stream = io.StringIO()
    live = LiveLine(stream, can_erase=True)
    live.show("1 to do")
    live.write("one was answered\n")
    live.show("nothing waits")
    live.write("another\n")
    assert screen(stream.getvalue()) == ["one was answered", "another", "nothing waits"]
    live.close()
    assert screen(stream.getvalue()) == ["one was answered", "another", ""]


def test_what_is_shown_already_is_not_written_again():
    stream = io.StringIO()
    live = LiveLine(stream, can_erase=True)
    live.show("1 to do")
    before = stream.getvalue()
    live.show("1 to do")
    assert stream.getvalue() == before


def test_a_terminal_that_cannot_erase_gets_lines_alone():
    stream = io.StringIO()
    live = LiveLine(stream, can_erase=False)
    live.show("1 to do")
    live.write("one\n")
    live.close()
    assert stream.getvalue() == "one\n"
