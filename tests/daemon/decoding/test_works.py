from daemon.decoding import convert, deidentify, draw, excerpt
from daemon.decoding import decode as decode_child
from daemon.decoding.works import works
from storage.vocabulary import FAILED
from tests.support import hostile

OF_CLAIMS = {
    hostile.decode_file,
    convert.convert_file,
    draw.draw_file,
    excerpt.excerpt_file,
    deidentify.deidentify_file,
    decode_child.hash_file,
}


def test_a_claimed_file_that_cannot_be_opened_has_failed_whatever_was_asked(tmp_path):
    """Break it: leave one out. A file that was taken away ends the child that was asked for it."""
    asked = works(hostile.decode_file)
    assert set(asked) == {*OF_CLAIMS, decode_child.examine_file}
    answers = [asked[one].unopened(b"gone") for one in OF_CLAIMS]
    assert {(answer.outcome, answer.error_code) for answer in answers} == {(FAILED, "unreadable")}
    assert asked[decode_child.examine_file].unopened(bytes(tmp_path / "gone")) is None
