import os
import tempfile

from hypothesis import given
from hypothesis import strategies as st

from daemon.spool.names import MAX_NAME_BYTES, decode_name, encode_name, fit_name, in_ascii, is_original

SCAN = "01935a7c-0000-7000-8000-00000000abcd"
names = st.binary(min_size=1, max_size=255).filter(lambda name: not set(name) & {0, 0x2F})


@given(st.binary())
def test_any_bytes_come_back(name):
    assert name == decode_name(encode_name(name))


@given(st.binary())
def test_any_bytes_come_back_from_ascii_too(name):
    text = in_ascii(encode_name(name))
    assert text.isascii()
    assert name == decode_name(text)


@given(st.binary())
def test_the_text_is_printable_and_utf8(name):
    text = encode_name(name)
    assert text.isprintable()
    assert text == text.encode().decode()


@given(st.binary(), st.binary())
def test_different_names_stay_different(one, other):
    assert (one == other) == (encode_name(one) == encode_name(other))


def test_what_people_can_read_stays_readable():
    assert encode_name("Röntgen/knee 1.dcm".encode()) == "Röntgen/knee 1.dcm"


def test_line_ends_controls_bidi_marks_and_the_percent_sign_are_encoded():
    assert encode_name(b"a\nb%c\x1b\xe2\x80\xaed\xff") == "a%0Ab%25c%1B%E2%80%AEd%FF"


@given(names)
def test_a_name_that_fits_and_is_free_stays(name):
    assert name == fit_name(name, SCAN)


@given(names, st.integers(64, MAX_NAME_BYTES))
def test_another_name_fits_is_another_and_has_no_slash(name, longest):
    fitted = fit_name(name, SCAN, max_bytes=longest, taken=True)
    assert len(fitted) <= longest
    assert fitted != name
    assert not set(fitted) & {0, 0x2F}
    assert b"~00000000abcd" in fitted


@given(st.binary(min_size=200, max_size=255).filter(lambda name: not set(name) & {0, 0x2F}))
def test_a_fitted_name_can_be_made(name):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(os.fsencode(folder), fit_name(name, SCAN, taken=True))
        with open(path, "xb"):
            pass


def test_the_suffix_survives():
    assert fit_name(b"knee.dcm", SCAN, taken=True) == b"knee~00000000abcd.dcm"
    long = fit_name(b"k" * 255 + b".dcm", SCAN)
    assert (len(long), long[-17:]) == (255, b"~00000000abcd.dcm")


def test_a_suffix_that_is_no_suffix_is_cut_with_the_rest():
    assert fit_name(b"1.2." + b"3" * 20, SCAN, taken=True) == b"1.2." + b"3" * 20 + b"~00000000abcd"


@given(names)
def test_only_a_whole_path_is_that_of_an_original(name):
    assert is_original(encode_name(b"/" + name))
    assert not is_original(encode_name(b"done/" + name))
