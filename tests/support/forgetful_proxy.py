"""A proxy before PostgreSQL that lets a COMMIT through and drops its answer."""

import selectors
import socket
import threading
from contextlib import suppress


class ForgetfulProxy:
    """Listens on a loopback port; a context manager.

    Parameters
    ----------
    port : int
        Of the server.
    drops : int
        How many answers to COMMIT are dropped, with their connections.
    """

    def __init__(self, port, drops):
        self._server = port
        self.left = drops
        self.dropped = 0

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        server = socket.create_connection(("127.0.0.1", self._server))
        with client, server, selectors.DefaultSelector() as waiting, suppress(OSError):
            waiting.register(client, selectors.EVENT_READ, server)
            waiting.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in waiting.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)
                    if key.fileobj is client and b"COMMIT" in data and self.left > 0:
                        self.left -= 1
                        server.recv(65536)  # it did commit
                        self.dropped += 1
                        return
