"""A small mail server: it speaks enough of SMTP, with TLS where it is given a certificate, and keeps mail.

References
----------
RFC 5321, RFC 3207, RFC 4954.
"""

import base64
import socketserver
import ssl
import threading


class MailServer:
    """Takes mail on loopback.

    Parameters
    ----------
    certified : Certified, optional
        Offers STARTTLS.
    is_wrapped : bool
        TLS from the beginning instead.
    user : tuple of str, optional
        The one that it knows, with the password; asks for it.
    refuses : dict
        A command (``MAIL``, ``RCPT``, ``DATA``) and the answer to it.
    """

    def __init__(self, *, certified=None, is_wrapped=False, user=None, refuses=None):
        self.messages, self.refuses = [], refuses or {}
        self._user, self._is_wrapped, self._context = user, is_wrapped, None
        if certified is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certified.certificate, certified.key)
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.handle_error = lambda *_: None
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,)).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):  # noqa: C901 -- a small method a command
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.is_encrypted = self.is_known = False
                if outer._is_wrapped:
                    self.encrypt()
                self.say("220 tests ESMTP")
                while line := self.rfile.readline():
                    word, _, rest = line.decode().strip().partition(" ")
                    if word.upper() == "QUIT":
                        self.say("221 bye")
                        return
                    self.obey(word.upper(), rest)

            def finish(self):
                try:
                    super().finish()
                finally:
                    self.connection.close()

            def encrypt(self):
                self.connection = outer._context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
                self.is_encrypted = True

            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")
                self.wfile.flush()

            def obey(self, word, rest):
                if word in outer.refuses:
                    self.say(outer.refuses[word])
                else:
                    getattr(self, f"take_{word.lower()}", self.take_rest)(rest)

            def take_ehlo(self, _):
                offers = ["STARTTLS"] if outer._context and not self.is_encrypted else []
                for offer in ["tests", *offers, *(["AUTH PLAIN"] if outer._user else [])]:
                    self.say(f"250-{offer}")
                self.say("250 HELP")

            def take_starttls(self, _):
                self.say("220 go on")
                self.encrypt()

            def take_auth(self, rest):
                given = tuple(base64.b64decode(rest.split()[1]).decode().split("\0")[1:])
                self.is_known = given == outer._user
                self.say("235 known" if self.is_known else "535 not known")

            def take_mail(self, rest):
                self.envelope = [rest]
                self.say("530 who are you" if outer._user and not self.is_known else "250 ok")

            def take_rcpt(self, rest):
                self.envelope.append(rest)
                self.say("250 ok")

            def take_data(self, _):
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line)
                outer.messages.append((self.envelope, b"".join(lines), self.is_encrypted))
                self.say("250 taken")

            def take_rest(self, _):
                self.say("250 ok")

        return Handler
