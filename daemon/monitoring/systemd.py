"""Notifications to the service manager: that the daemon is ready, alive and stopping, and a status line.

systemd's protocol is a datagram of lines to a socket; no library of it is kept up, so it is spoken here.

References
----------
sd_notify(3), sd_watchdog_enabled(3), systemd.service(5).
"""

import os
import socket
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Self

_LEAST_PAUSE_S = 1.0
_PATIENCE_S = 5.0


class Notifier:
    """Notify the service manager, if there is one.

    Parameters
    ----------
    address : str or None
        Of the manager's socket: a path, or ``@`` and an abstract name. None: there is none.
    watchdog_s : float or None
        Time after which a silent daemon is ended, seconds; None: there is no watchdog.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        address: str | None = None,
        watchdog_s: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._watchdog_s = watchdog_s
        self._clock = clock
        self._next = 0.0
        self._last_status: str | None = None
        self._is_stopping = False

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> Self:
        """Read where the manager listens, and remove it: decoding children must not notify it.

        Parameters
        ----------
        environment : mutable mapping
            The process's own; the three variables of the protocol are removed.

        Returns
        -------
        Notifier

        References
        ----------
        sd_notify(3), sd_watchdog_enabled(3).
        """
        address = environment.pop("NOTIFY_SOCKET", None)
        period_us = environment.pop("WATCHDOG_USEC", "")
        process = environment.pop("WATCHDOG_PID", "")
        is_for_us = process in ("", str(os.getpid())) and period_us.isdecimal()
        return cls(address or None, int(period_us) / 1e6 if is_for_us else None)

    def ready(self) -> None:
        """Notify the manager that the daemon serves."""
        self._send("READY=1", _PATIENCE_S)  # it ends a service that never sends this

    def stopping(self) -> None:
        """Notify the manager, once, that the daemon was asked to stop."""
        if not self._is_stopping:
            self._is_stopping = True
            self._send("STOPPING=1")

    def alive(self) -> None:
        """Feed the watchdog; called by each pass of the loop and by nothing that runs without it.

        At most one datagram a second, or ten in the watchdog's time.
        """
        if self._watchdog_s is None:
            return
        now = self._clock()
        if now >= self._next:
            self._next = now + min(_LEAST_PAUSE_S, self._watchdog_s / 10)
            self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Send a status line, if it changed.

        Parameters
        ----------
        text : str
            Without anything of a patient: every user of the machine may read it.
        """
        line = " ".join(text.split())
        if line != self._last_status:
            self._last_status = line
            self._send(f"STATUS={line}")

    def _send(self, message: str, wait_s: float = 0.0) -> None:
        if self._address is None:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        # A manager that does not listen now must not block the daemon, nor end it.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(wait_s)
            sender.sendto(message.encode(), address)
