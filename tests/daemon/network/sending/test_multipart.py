import hashlib
from email import message_from_bytes

from daemon.network.sending.multipart import related


def test_a_mail_reader_finds_the_same_parts():
    objects = [bytes(range(256)), b"\r\n--\r\n", b"", b"x" * 100_000]
    body, content_type = related(objects)

    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = message.get_payload()
    assert [part.get_content_type() for part in parts] == ["application/dicom"] * 4
    assert body.count(objects[0]) == 1
    assert [body.index(part) for part in objects[:2]] == sorted(body.index(part) for part in objects[:2])
    assert related(objects) == (body, content_type)


def test_an_object_that_holds_the_boundary_gets_another(monkeypatch):
    _, content_type = related([b"a"])
    boundary = content_type.rpartition("=")[2]
    digests = iter([boundary, "f" * 64])

    class Digest:
        def update(self, _):
            pass

        def hexdigest(self):
            return next(digests)

    monkeypatch.setattr(hashlib, "sha256", lambda *_: Digest())
    assert related([boundary.encode()])[1].endswith("f" * 64)
