import hashlib
import hmac

import pytest

from daemon.errors import ConfigurationError
from daemon.pipeline.identifiers import Identifiers, open_identifiers

KEY = b"0123456789abcdef"
KEEP, HASH, DROP = Identifiers("keep"), Identifiers("hash", KEY), Identifiers("drop")


def digest(value, key=KEY):
    return hmac.new(key, value, hashlib.sha256).hexdigest()[:32]


def test_keep_keeps():
    assert KEEP.value("4711") == "4711"
    assert KEEP.path(b"ward/Meyer^Anna.dcm", "id") == b"ward/Meyer^Anna.dcm"


def test_drop_leaves_the_scan_id_and_what_kind_of_file_it_was():
    assert DROP.value("4711") is None
    assert DROP.path(b"ward/Meyer^Anna.DCM", "id") == b"id.dcm"
    assert DROP.path(b"ward/1.2.Meyer", "id") == b"id"


def test_hash_is_an_hmac_that_the_same_key_gives_again():
    assert digest(b"4711") == HASH.value("4711")
    assert HASH.value("4711") != Identifiers("hash", KEY[::-1]).value("4711")
    assert HASH.value("4711") != HASH.value("4712")


def test_hash_hides_every_part_of_a_path_but_a_known_suffix():
    expected = f"{digest(b'ward')}/{digest(b'Meyer.dcm')}.dcm".encode()
    assert expected == HASH.path(b"ward/Meyer.dcm", "id")
    assert b"Meyer" not in HASH.path(b"a.Meyer", "id")


def test_any_text_and_any_bytes_are_hashed():
    assert len(HASH.value("a\udcff\0b")) == 32
    assert len(HASH.path(b"\xff\n", "id")) == 32


@pytest.mark.parametrize("rule", [HASH, DROP])
@pytest.mark.parametrize("code", ["DX", "WRIST", "AP AXIAL", "LL_2 ", " R", "TIBIAFIBULA 1234"])
def test_a_code_string_is_kept_by_every_rule(rule, code):
    assert rule.code(code) == code


@pytest.mark.parametrize("rule", [HASH, DROP])
@pytest.mark.parametrize(
    "text", ["Meyer^Anna", "Wrist", "MEYER-ANNA", "\xc4", "A" * 17, "DX\nMEYER", "DX\\CR", "1.2", "", "  "]
)
def test_what_is_no_code_string_may_be_anything_and_is_dropped(rule, text):
    """Break it: look for a code string at the beginning of the text only."""
    assert rule.code(text) is None
    assert KEEP.code(text) == text


@pytest.mark.parametrize("rule", [HASH, DROP])
def test_a_uid_that_identifies_nobody_is_kept_and_any_other_text_is_not(rule):
    assert rule.uid("1.2.840.10008.1.2.1\0") == "1.2.840.10008.1.2.1\0"
    for text in ("1.2.Meyer", "1." * 33, "1.2\n"):
        assert rule.uid(text) is None
        assert KEEP.uid(text) == text


@pytest.mark.parametrize("rule", [HASH, DROP])
def test_who_sent_is_kept_unless_it_may_be_a_name(rule):
    for text in ("CT1", "CT-1_A", "192.0.2.7", "2001:db8::7"):
        assert rule.peer(text) == text
    for text in ("MEYER ANNA", "Meyer^Anna", "CT1\n"):
        assert rule.peer(text) is None
        assert KEEP.peer(text) == text


@pytest.mark.parametrize("rule", [KEEP, HASH, DROP])
def test_nothing_stays_nothing(rule):
    assert rule.value(None) is None
    assert rule.code(None) is None
    assert rule.uid(None) is None
    assert rule.peer(None) is None


def test_the_key_is_read_from_its_file(tmp_path):
    (tmp_path / "key").write_bytes(KEY + b"\n")
    assert open_identifiers("hash", tmp_path / "key") == HASH
    assert open_identifiers("keep", None) == KEEP


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_key_that_cannot_serve_is_refused(tmp_path, content):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        open_identifiers("hash", file)
    assert "key" in str(caught.value)
    assert "short" not in str(caught.value).replace("a short key", "")


def test_hashing_without_a_key_file_is_refused():
    with pytest.raises(ConfigurationError, match="identifiers_key_file"):
        open_identifiers("hash", None)


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_key_that_others_may_write_is_refused(tmp_path, mode):
    file = tmp_path / "key"
    file.write_bytes(KEY)
    file.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 0600"):
        open_identifiers("hash", file)
    file.chmod(0o640)
    assert open_identifiers("hash", file).key == KEY
