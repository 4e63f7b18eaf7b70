"""A DICOM peer made of bytes, which may say what no honest one says."""

import socket
import struct

from tests.support.deadlines import scaled

CR = "1.2.840.10008.5.1.4.1.1.1"
VERIFICATION = "1.2.840.10008.1.1"
COMMITMENT = "1.2.840.10008.1.20.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
CONTEXTS = ((1, CR, (EXPLICIT, IMPLICIT)), (3, VERIFICATION, (IMPLICIT,)), (5, COMMITMENT, (EXPLICIT,)))


def item(kind, value):
    return struct.pack(">BxH", kind, len(value)) + value


def pdu(kind, body):
    return struct.pack(">BxI", kind, len(body)) + body


def associate_request(*, calling="TESTER", called="INBOXRAY", contexts=CONTEXTS, more=b"", maximum=16_384):
    """Write an A-ASSOCIATE-RQ."""
    body = struct.pack(">H2x16s16s32x", 1, called.encode().ljust(16), calling.encode().ljust(16))
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, abstract, transfer in contexts:
        syntaxes = b"".join(item(0x40, one.encode()) for one in transfer)
        body += item(0x20, bytes([number, 0, 0, 0]) + item(0x30, abstract.encode()) + syntaxes)
    user = item(0x51, struct.pack(">I", maximum)) + item(0x52, b"1.2.3.4") + more + item(0x55, b"PEER_1")
    return pdu(0x01, body + item(0x50, user))


def element(tag, value):
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def command_set(**values):
    """Write a command set; numbers are US, texts UIDs."""
    tags = {
        "affected_class": 0x00000002,
        "requested_class": 0x00000003,
        "field": 0x00000100,
        "message_id": 0x00000110,
        "replied_id": 0x00000120,
        "priority": 0x00000700,
        "data_set": 0x00000800,
        "status": 0x00000900,
        "affected_instance": 0x00001000,
        "requested_instance": 0x00001001,
        "action_type": 0x00001008,
    }
    parts = b"".join(
        element(
            tag, struct.pack("<H", values[name]) if isinstance(values[name], int) else values[name].encode()
        )
        for name, tag in tags.items()
        if name in values
    )
    return element(0, struct.pack("<I", len(parts))) + parts


def fragments(context_id, content, *, is_command, size=16_000):
    """Write content as P-DATA-TF PDUs of one fragment each."""
    pieces = [content[at : at + size] for at in range(0, len(content), size)] or [b""]
    return b"".join(
        pdu(
            0x04,
            struct.pack(">IBB", len(one) + 2, context_id, is_command | 2 * (number == len(pieces) - 1)) + one,
        )
        for number, one in enumerate(pieces)
    )


def data_set(uid="1.2.3", *, sop_class=CR, pixels=b"\0" * 32, is_explicit=True):
    """Write a little data set with its two UIDs."""

    def one(tag, vr, value):
        value += b"\0" * (len(value) % 2)
        if not is_explicit:
            return element(tag, value)
        if vr == b"OW":
            return struct.pack("<HH2s2xI", tag >> 16, tag & 0xFFFF, vr, len(value)) + value
        return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value

    return (
        one(0x00080016, b"UI", sop_class.encode())
        + one(0x00080018, b"UI", uid.encode())
        + one(0x00080060, b"CS", b"CR")
        + one(0x7FE00010, b"OW", pixels)
    )


class DicomPeer:
    """A peer with a connection to a receiver.

    Parameters
    ----------
    port : int
    timeout_s : float
        For each answer.
    """

    def __init__(self, port, timeout_s=20):
        self.socket = socket.create_connection(("127.0.0.1", port), scaled(timeout_s))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._message_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, content):
        self.socket.sendall(content)

    def read(self):
        """Give type and body of the next PDU; (None, b"") once the receiver hung up."""
        head = self._exactly(6)
        if len(head) < 6:
            return None, b""
        kind, length = struct.unpack(">BxI", head)
        return kind, self._exactly(length)

    def _exactly(self, count):
        got = b""
        while len(got) < count:
            try:
                more = self.socket.recv(count - len(got))
            except ConnectionResetError:
                more = b""
            if not more:
                break
            got += more
        return got

    def associate(self, **asked):
        """Ask for an association; give the type of the answer."""
        self.send(associate_request(**asked))
        self.answer = self.read()
        return self.answer[0]

    def message(self):
        """Read a message; give its command set as bytes of values by tag, and its data set."""
        command, data, is_whole = b"", b"", False
        while True:
            kind, body = self.read()
            assert kind == 0x04, (kind, body)
            at = 0
            while at < len(body):
                length, _, control = struct.unpack_from(">IBB", body, at)
                fragment = body[at + 6 : at + 4 + length]
                at += 4 + length
                if control & 1:
                    command += fragment
                    is_whole = bool(control & 2)
                    if is_whole and elements(command)[0x00000800] == b"\1\1":
                        return elements(command), b""
                else:
                    assert is_whole
                    data += fragment
                    if control & 2:
                        return elements(command), data

    def status(self):
        """Read the status of a reply."""
        command, _ = self.message()
        return int.from_bytes(command[0x00000900], "little")

    def echo(self):
        self.send(
            fragments(
                3,
                command_set(affected_class=VERIFICATION, field=0x30, message_id=1, data_set=0x0101),
                is_command=True,
            )
        )
        return self.status()

    def begin_store(self, uid="1.2.3", *, sop_class=CR, context_id=1):
        self._message_id += 1
        command = command_set(
            affected_class=sop_class,
            field=1,
            message_id=self._message_id,
            priority=0,
            data_set=0,
            affected_instance=uid,
        )
        self.send(fragments(context_id, command, is_command=True))

    def store(self, uid="1.2.3", data=None, *, sop_class=CR, context_id=1, size=16_000):
        """Send an object; give the status of the answer."""
        self.begin_store(uid, sop_class=sop_class, context_id=context_id)
        content = data_set(uid, sop_class=sop_class) if data is None else data
        self.send(fragments(context_id, content, is_command=False, size=size))
        return self.status()

    def release(self):
        self.send(pdu(0x05, bytes(4)))
        return self.read()[0]


def elements(data):
    """Read a command set."""
    found, at = {}, 0
    while at < len(data):
        group, number, length = struct.unpack_from("<HHI", data, at)
        found[group << 16 | number] = data[at + 8 : at + 8 + length]
        at += 8 + length
    return found
