"""REST and C-STORE, over several connections at once, with little work of the machine that is measured."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from pydicom.filereader import read_file_meta_info

from tests.bench.mix import SYNTAXES
from tests.support.dicom_peer import CR, DicomPeer

LONGEST_PDU = 131_072
"""The archive and our receiver take these."""
_FRAGMENT = LONGEST_PDU - 1024
_LONGEST_S = 600
_TAKEN = ("Success", "AlreadyStored")
_ACCEPTED = 0x02
_BEFORE_META = 144  # preamble, DICM, and the element that says how long the rest of the meta information is


class NotStoredError(Exception):
    """A file was not taken: there will be no answer."""


class Rest:
    """A connection to Orthanc's REST interface, kept alive.

    Parameters
    ----------
    port : int
        Of loopback.
    """

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST_S)

    def __enter__(self):
        self._connection.connect()
        return self

    def __exit__(self, *_):
        self._connection.close()

    def send(self, path):
        """Store a file."""
        content = path.read_bytes()
        try:
            code, said = self._post(content)
        except ConnectionError:  # Orthanc hangs up when nothing came for a second
            self._connection.close()
            code, said = self._post(content)
        if code != http.client.OK or json.loads(said)["Status"] not in _TAKEN:
            raise NotStoredError(f"POST of {path.name}: {code} {said.decode()}")

    def _post(self, content):
        self._connection.request("POST", "/instances", content, {"Content-Type": "application/dicom"})
        answer = self._connection.getresponse()
        return answer.status, answer.read()


class Store:
    """An association for C-STORE, with a presentation context for each transfer syntax of the mix.

    Parameters
    ----------
    port : int
        Of loopback.
    """

    _contexts = {syntax: 2 * number + 1 for number, syntax in enumerate(SYNTAXES.values())}  # noqa: RUF012

    def __init__(self, port):
        self._port = port

    def __enter__(self):
        self._peer = DicomPeer(self._port, _LONGEST_S)
        contexts = [(number, CR, (syntax,)) for syntax, number in self._contexts.items()]
        if self._peer.associate(calling="BENCH", contexts=contexts) != _ACCEPTED:
            raise NotStoredError("no association: it was refused")
        return self

    def __exit__(self, *_):
        self._peer.release()
        self._peer.socket.close()

    def send(self, path):
        """Store the data set of a file, as it is."""
        meta = read_file_meta_info(path)
        status = self._peer.store(
            meta.MediaStorageSOPInstanceUID,
            path.read_bytes()[_BEFORE_META + meta.FileMetaInformationGroupLength :],
            context_id=self._contexts[meta.TransferSyntaxUID],
            size=_FRAGMENT,
        )
        if status != 0:
            raise NotStoredError(f"C-STORE of {path.name}: status {status:04X}")


@contextmanager
def several(kind, port, number):
    """Hold several connections; yield what sends files by them, each the next as soon as it is free.

    Parameters
    ----------
    kind : type
        `Rest` or `Store`.
    port : int
    number : int
        Of connections.
    """
    with ExitStack() as stack:
        lines = [stack.enter_context(kind(port)) for _ in range(number)]
        threads = stack.enter_context(ThreadPoolExecutor(number))

        def send(paths):
            left = iter(paths)  # shared by all

            def work(line):
                for path in left:
                    line.send(path)

            for done in [threads.submit(work, line) for line in lines]:
                done.result()

        yield send
