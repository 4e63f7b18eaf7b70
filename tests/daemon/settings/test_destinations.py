import pytest

from daemon.settings.destinations import destinations, parse_destination


@pytest.mark.parametrize(
    ("address", "scheme", "host", "port", "called", "path"),
    [
        ("dicom://PACS@archive.example:104", "dicom", "archive.example", 104, "PACS", ""),
        ("dicoms://A%20B@[::1]:2762", "dicoms", "::1", 2762, "A B", ""),
        ("https://h/dicom-web/studies", "https", "h", 443, "", "/dicom-web/studies"),
        ("http://127.0.0.1:8042/dicom-web/studies/", "http", "127.0.0.1", 8042, "", "/dicom-web/studies"),
        ("file:///srv/out%20box", "file", "", 0, "", "/srv/out box"),
    ],
)
def test_an_address_is_read(address, scheme, host, port, called, path):
    one = parse_destination(address)

    assert (one.scheme, one.host, one.port, one.called_ae, one.path) == (scheme, host, port, called, path)
    assert one.is_encrypted == (scheme in ("dicoms", "https"))


@pytest.mark.parametrize(
    "address",
    [
        *(
            "dicom://archive.example:104",
            "dicom://PACS@archive.example",
            "dicom://PACS@h:104/x",
            "PACS@h:104",
        ),
        *("https://h/dicom-web", "ftp://h/studies", "file://h/folder", "file:relative", "dicom://P@h:99999"),
        *("https://h/studies?x=1", "http:///studies", "dicom://A_TITLE_OF_17_CHA@h:104", ""),
    ],
)
def test_what_is_no_address_says_what_is_wanted(address):
    with pytest.raises(ValueError, match=r"wanted|application entity"):
        parse_destination(address)


@pytest.mark.parametrize("address", ["https://u:secret@h/studies", "dicom://A:secret@h:104"])
def test_a_password_has_its_own_file_and_is_not_quoted(address):
    with pytest.raises(ValueError, match="send_netrc_file") as refused:
        parse_destination(address)

    assert "secret" not in str(refused.value)


def test_two_addresses_have_two_folders_and_one_always_the_same():
    one, other = (parse_destination(f"http://h/{name}/studies") for name in ("a-b", "a+b"))

    assert one.key != other.key
    assert one.key == parse_destination("http://h/a-b/studies").key
    assert set(one.key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_no_destination_stands_there_twice():
    with pytest.raises(ValueError, match="twice"):
        destinations(("dicom://A@h:104", "dicom://A@h:104"))
