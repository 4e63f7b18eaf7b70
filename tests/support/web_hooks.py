"""A real web server that takes notices, and answers as it is instructed."""

import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.deadlines import scaled


class HookServer:
    """Answers each POST with the next of its statuses, the last for ever; keeps what it got.

    Parameters
    ----------
    statuses : int
        ``0``: it says nothing, for as long as the client waits.
    headers : dict
        Of each answer.
    certified : Certified, optional
        Speaks TLS.
    """

    def __init__(self, *statuses, headers=None, certified=None):
        self.got, self._statuses, self._headers = [], list(statuses), headers or {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if certified is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certified.certificate, certified.key)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._server.handle_error = lambda *_: None
        self._ended = threading.Event()
        scheme = "http" if certified is None else "https"
        self.address = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/hook"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,)).start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body, time.time()))
                status = outer._statuses.pop(0) if len(outer._statuses) > 1 else outer._statuses[0]
                if not status:
                    outer._ended.wait(scaled(10))
                    return
                self.send_response(status)
                for name, value in outer._headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                self.do_POST()

            def log_message(self, *_):
                pass

        return Handler
