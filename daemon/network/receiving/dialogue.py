"""The messages of an association: each is taken to its end, done, and answered.

References
----------
PS3.7 8.4 Message Exchange, PS3.8 E.2 Message Control Header Encoding, PS3.4 B.2 and J.3.
"""

import struct
import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from daemon.network.receiving import commands
from daemon.network.receiving.arriving_file import ArrivingFile
from daemon.network.receiving.association_reply import AcceptedContext
from daemon.network.receiving.commands import Command, Status
from daemon.network.receiving.connection import Ended
from daemon.network.receiving.elements import MalformedMessage
from daemon.network.receiving.file_meta import file_meta
from daemon.network.receiving.pending import Delivery
from daemon.network.receiving.sop_classes import (
    EXPLICIT,
    IMAGE_STORAGE,
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
)
from daemon.network.receiving.terms import Peer, Terms
from daemon.network.receiving.transactions import MOST_BYTES, REQUEST_COMMITMENT, read_transaction
from daemon.spool.received import AssociationNote

_log = structlog.get_logger()
_LONGEST_COMMAND: Final = 1 << 14
_REPORT_ANSWER_S: Final = 10.0


class Dialogue:
    """The exchange of messages with a peer whose association was accepted.

    Parameters
    ----------
    peer : Peer
    contexts : mapping of int and AcceptedContext
    terms : Terms
    send : callable
        Takes whole PDUs.

    Attributes
    ----------
    stored, refused : int
        Objects that were answered with success, and with something else.
    note : AssociationNote
        Of what was stored.
    is_finishing : bool
        A message is whole and is being done: who waits, waits for us.
    """

    def __init__(
        self,
        peer: Peer,
        contexts: Mapping[int, AcceptedContext],
        terms: Terms,
        send: Callable[[bytes], None],
    ) -> None:
        self.peer = peer
        self._contexts = contexts
        self._terms = terms
        self._send_pdus = send
        self._command_bytes = bytearray()
        self._command: tuple[int, Command] | None = None
        self._object: ArrivingFile | None = None
        self._information = bytearray()
        self._reported = threading.Event()
        self._report_status: int | None = None
        self.note = AssociationNote(terms.landing.associations)
        self.stored = self.refused = 0
        self.is_finishing = False
        self._is_over = False

    @property
    def is_idle(self) -> bool:
        """Whether no message is under way."""
        return self._command is None and not self._command_bytes

    def discard(self) -> None:
        """End: forget a message that will not be whole."""
        self._is_over = True
        self._reported.set()
        if self._object is not None:
            self._object.discard()

    def take(self, body: memoryview) -> bool:
        """Take the presentation data values of a P-DATA-TF.

        Parameters
        ----------
        body : memoryview of bytes

        Returns
        -------
        bool
            True: a message is done.

        Raises
        ------
        MalformedMessage
            It is no P-DATA-TF, or what it holds is out of turn.
        Ended
            The peer sent too much of something.
        OSError
            The answer cannot be sent.
        """
        at, is_done = 0, False
        while at < len(body) or at == 0:
            if len(body) - at < 6:
                raise MalformedMessage("a presentation data value is cut")
            length, context_id, control = struct.unpack_from(">IBB", body, at)
            if length < 2 or length > len(body) - at - 4:
                raise MalformedMessage("a presentation data value reaches past the end")
            if context_id not in self._contexts:
                raise MalformedMessage("data came on a context that was not accepted")
            fragment = body[at + 6 : at + 4 + length]
            take_part = self._take_command if control & 1 else self._take_data
            is_done |= take_part(context_id, fragment, is_last=bool(control & 2))
            at += 4 + length
        return is_done

    def _take_command(self, context_id: int, fragment: memoryview, *, is_last: bool) -> bool:
        if self._command is not None:
            raise MalformedMessage("a command came where its data set was awaited")
        self._command_bytes += fragment
        if len(self._command_bytes) > _LONGEST_COMMAND:
            raise MalformedMessage("a command set is too long")
        if not is_last:
            return False
        command = commands.read_command(bytes(self._command_bytes))
        self._command_bytes.clear()
        self._command = (context_id, command)
        if not command.has_data_set:
            self._finish(context_id, command)
        elif command.field == commands.C_STORE:
            self._object = self._begin_object(self._contexts[context_id], command)
        return not command.has_data_set

    def _take_data(self, context_id: int, fragment: memoryview, *, is_last: bool) -> bool:
        if self._command is None or self._command[0] != context_id:
            raise MalformedMessage("a data set came without its command")
        if self._object is not None:
            self._object.write(fragment)
        elif self._command[1].field == commands.N_ACTION:
            self._information += fragment
            if len(self._information) > MOST_BYTES:
                raise Ended("too_many_references")
        if is_last:
            self._finish(*self._command)
        return is_last

    def _begin_object(self, context: AcceptedContext, command: Command) -> ArrivingFile | None:
        """Begin a file, if the command is one that can be obeyed."""
        if _refusal(context, command) is not None:
            return None
        assert command.sop_instance_uid is not None
        head = file_meta(
            sop_class_uid=context.abstract_syntax,
            sop_instance_uid=command.sop_instance_uid,
            transfer_syntax_uid=context.transfer_syntax,
            calling_ae=self.peer.ae_title,
            called_ae=self._terms.ae_title,
            address=self.peer.address,
            implementation=self.peer.implementation,
        )
        expected = (context.transfer_syntax, context.abstract_syntax, command.sop_instance_uid)
        return ArrivingFile(
            self._terms.landing, head, expected, self.peer.ae_title, self._terms.max_object_bytes
        )

    def _finish(self, context_id: int, command: Command) -> None:
        """Do what a whole message says, and answer it."""
        self.is_finishing = True
        try:
            status = self._status_of(context_id, command)
            self._command, self._object = None, None
            self._information.clear()
            if status is not None:
                self._answer(context_id, commands.reply(command, status))
        finally:
            self.is_finishing = False

    def _status_of(self, context_id: int, command: Command) -> Status | None:
        """Obey a command; None where nothing is to be answered."""
        if command.field == commands.N_EVENT_REPORT | commands.REPLY:
            self._report_status = command.status
            self._reported.set()
            return None
        if command.field & commands.REPLY or command.field == commands.C_CANCEL:
            return None
        if command.field == commands.C_STORE:
            return self._store(self._contexts[context_id], command)
        if command.field == commands.N_ACTION:
            return self._commit(context_id, command)
        return Status.SUCCESS if command.field == commands.C_ECHO else Status.UNRECOGNIZED_OPERATION

    def _store(self, context: AcceptedContext, command: Command) -> Status:
        status = _refusal(context, command)
        if status is None:
            status = self._object.finish() if self._object is not None else Status.CANNOT_UNDERSTAND
        self._terms.tally.answered(status.code)
        if status is Status.SUCCESS:
            self.stored += 1
            self.note.add(command.sop_instance_uid or "")
            return status
        self.refused += 1
        _log.warning(
            "object_refused",
            calling_ae=self.peer.ae_title,
            address=self.peer.address,
            status=f"{status.code:04X}",
            reason=status.words,
        )
        return status

    def _commit(self, context_id: int, command: Command) -> Status:
        context = self._contexts[context_id]
        if self._terms.commitments is None or context.abstract_syntax != STORAGE_COMMITMENT:
            return Status.UNRECOGNIZED_OPERATION
        if command.sop_instance_uid != STORAGE_COMMITMENT_INSTANCE:
            return Status.NO_SUCH_INSTANCE
        if command.action_type != REQUEST_COMMITMENT:
            return Status.NO_SUCH_ACTION
        is_explicit = context.transfer_syntax == EXPLICIT
        try:
            transaction = read_transaction(bytes(self._information), is_explicit=is_explicit)
        except MalformedMessage:
            return Status.INVALID_ARGUMENT

        def report(event_type: int, data: bytes) -> Delivery:
            return self._report(context_id, event_type, data)

        return self._terms.commitments.take(transaction, self.peer, report, is_explicit=is_explicit)

    def _report(self, context_id: int, event_type: int, data: bytes) -> Delivery:
        """Report on this association, from another thread."""
        if self._is_over:
            return Delivery.NO_WAY
        if not self.is_idle or self.is_finishing:
            return Delivery.NOT_NOW
        self._reported.clear()
        self._report_status = None
        command = commands.event_report(1, event_type, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE)
        parts = [
            commands.p_data(context_id, part, is_command=is_command, maximum_length=self.peer.maximum_length)
            for part, is_command in ((command, True), (data, False))
        ]
        try:
            self._send_pdus(b"".join(parts))  # at once: an answer to the peer may not come between
        except OSError:
            return Delivery.NO_WAY
        is_answered = self._reported.wait(_REPORT_ANSWER_S)
        is_taken = is_answered and self._report_status == Status.SUCCESS.code
        return Delivery.TAKEN if is_taken else Delivery.FAILED

    def _answer(self, context_id: int, content: bytes) -> None:
        most = self.peer.maximum_length
        self._send_pdus(commands.p_data(context_id, content, is_command=True, maximum_length=most))


def _refusal(context: AcceptedContext, command: Command) -> Status | None:
    """Say why a C-STORE cannot be obeyed, by its command alone."""
    if context.abstract_syntax not in IMAGE_STORAGE or command.sop_class_uid != context.abstract_syntax:
        return Status.SOP_CLASS_NOT_SUPPORTED
    return Status.INVALID_INSTANCE if command.sop_instance_uid is None else None
