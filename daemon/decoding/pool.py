"""Files through disposable children: how often and with what limits each is tried, and what it costs others.

This is one of the two boundaries behind which any error at all is an answer: whatever a file does to its
child, its caller gets a value. The children's own life is that of `daemon.decoding.children`.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from daemon.decoding import decode as decode_child
from daemon.decoding.children import ChildPool, Ended
from daemon.decoding.confine import Confinement
from daemon.decoding.convert import convert_file
from daemon.decoding.deidentify import deidentify_file
from daemon.decoding.draw import draw_file
from daemon.decoding.excerpt import excerpt_file
from daemon.decoding.lack import PoolClosedError
from daemon.decoding.lanes import Lanes
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import (
    TAKES_LONG,
    Decoded,
    DeidentifyRequest,
    Examined,
    ExcerptRequest,
    HeatMapRequest,
    PictureRequest,
)
from daemon.decoding.tasks import Task, answer_without, blame_of, was_killed, with_tries
from daemon.decoding.tries import aside, for_hash, glance, once_more, ordinary, remaining
from daemon.decoding.works import works
from daemon.errors import NoDecoderError

if TYPE_CHECKING:
    from concurrent.futures import Future

_BEGIN_S: Final = 120.0


class DecoderPool:
    """Decode files in child processes; an answer is always a value, whatever the file did to its child.

    A file is tried as an ordinary scan first, with little time. If it is larger than that, it goes on to the
    slow lane; if it took too long or broke its child, it is tried once more there, with all the time that is
    left of its deadline. `durations` of an answer has as ``tried`` what tries without an answer took.

    Parameters
    ----------
    workers : int
        Number of children.
    limits : ChildLimits
        What one file may use.
    tasks_per_child : int
        A child is renewed after so many files.
    decode : callable
        What a child does with a claimed file; it is found by its name there.
    send_s : float
        Longest time in which a child gives its answer to us after its deadline, seconds.
    is_confined : bool
        Whether children drop what decoding does not need; False for tests whose decoders leave marks.
    """

    def __init__(
        self,
        workers: int,
        limits: ChildLimits,
        *,
        tasks_per_child: int = 1000,
        decode: Callable[[int, ChildLimits], Decoded] = decode_child.decode_file,
        send_s: float = 10.0,
        is_confined: bool = True,
    ) -> None:
        self.workers = workers
        self.limits, self._ordinary, self._glance = limits, ordinary(limits), glance(limits)
        self._decode = decode
        self._children = ChildPool(
            workers,
            limits.memory_bytes,
            tasks_per_child,
            works(decode),
            send_s=send_s,
            is_confined=is_confined,
        )
        self.lack = self._children.lack
        """What the system lacks for decoding; a daemon has it reported, and lets its files wait."""
        self._lock = threading.RLock()
        self._lanes: Lanes[Task] = Lanes(max(1, workers // 2))
        self._is_held = self._is_closed = False
        self.slow_examinations = 0
        """How many files of the inbox are in the slow lane; kept, for it is asked for each file of a walk."""

    def __enter__(self) -> Self:
        self._children.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def slow(self) -> int:
        """How many claimed files are in the slow lane; those behind them need not wait for them."""
        with self._lock:
            return self._lanes.slow - self.slow_examinations

    def hold(self, *, is_held: bool) -> None:
        """Begin with nothing more of the slow lane, or go on with it.

        Parameters
        ----------
        is_held : bool
        """
        with self._lock:
            self._is_held = is_held
            self._start_slow()

    def warm_up(self, then: Callable[[Confinement], None]) -> None:
        """Start the children in the background, while the caller starts what it needs itself.

        Parameters
        ----------
        then : callable
            Called with what holds for them, in a thread of ours, once the first has begun.
        """

        def start() -> None:
            self._children.open()
            holds = self._children.confinement(_BEGIN_S)
            if holds is not None:
                then(holds)

        threading.Thread(target=start, daemon=True).start()

    def decode(self, path: bytes) -> "Future[Decoded]":
        """Hash and decode a claimed file.

        Parameters
        ----------
        path : bytes

        Returns
        -------
        Future of Decoded
            A crash and a memory limit are tried once more, alone; then they are codes. Both tries together
            have the deadline. Cancelled if the pool is closed before; NoDecoderError if none could be
            started, unless that is reported.
        """
        return self._submit(Task(self._decode, path, self._ordinary))

    def convert(self, path: bytes, request: PictureRequest) -> "Future[Decoded]":
        """Write the pictures of a file.

        Parameters
        ----------
        path : bytes
        request : PictureRequest
            Where to, and how.

        Returns
        -------
        Future of Decoded
            As of `decode`, without inputs.
        """
        return self._submit(Task(convert_file, path, self._ordinary, request=(request,)))

    def draw(self, path: bytes, request: HeatMapRequest) -> "Future[Decoded]":
        """Write the pictures of a file with their heat maps; parameters and answer are as of `convert`."""
        return self._submit(Task(draw_file, path, self._ordinary, request=(request,)))

    def excerpt(self, path: bytes, request: ExcerptRequest) -> "Future[Decoded]":
        """Read what DICOM objects that are made of an answer take over of its file.

        Parameters
        ----------
        path : bytes
        request : ExcerptRequest

        Returns
        -------
        Future of Decoded
            As of `decode`; the picture that was asked for is its input.
        """
        return self._submit(Task(excerpt_file, path, self._ordinary, request=(request,)))

    def deidentify(self, path: bytes, request: DeidentifyRequest) -> "Future[Decoded]":
        """Make a file for research of a file; parameters and answer are as of `convert`."""
        return self._submit(Task(deidentify_file, path, self._ordinary, request=(request,)))

    def examine(self, path: bytes) -> "Future[Examined]":
        """Look at the structure of a file in the inbox.

        Parameters
        ----------
        path : bytes

        Returns
        -------
        Future of (Look, Completeness), or None
            None if the file is gone; a file that breaks its child, or takes seconds of a processor, is of no
            format of ours: decoding it will say what is wrong.
        """
        return self._submit(Task(decode_child.examine_file, path, self._glance))

    def close(self) -> None:
        """End every child now; whatever has no answer yet is cancelled."""
        with self._lock:
            self._is_closed = True
            waiting = self._lanes.clear()
        for task in waiting:
            task.cancel()
        self._children.close()

    def _submit(self, task: Task) -> "Future[Any]":
        if not task.is_beside_lanes:
            with self._lock:
                self._lanes.enter(task)
        arguments = (task.path, task.limits, *task.request)
        self._children.call(task.function, arguments, lambda ended: self._answer(task, ended))
        return task.answer

    def _answer(self, task: Task, ended: Ended) -> None:
        if isinstance(ended.error, PoolClosedError):
            task.cancel()
        elif isinstance(ended.error, NoDecoderError):
            self._settle(task, ended.error)
        elif task.lives > 0 and was_killed(ended.error):
            self._submit_again(task, ended.seconds)
        elif task.is_beside_lanes:
            task.used_s += ended.seconds
            if ended.error is None and ended.value == TAKES_LONG and task.limits.glance_s is not None:
                self._slow_down(task, aside(self.limits))
            else:
                is_answer = ended.error is None and ended.value != TAKES_LONG
                self._settle(task, ended.value if is_answer else answer_without(task))
        elif ended.error is not None:
            task.used_s += ended.seconds
            self._suspect(task, blame_of(ended.error))
        elif ended.value.is_for_slow_lane:
            task.used_s += ended.seconds
            self._slow_down(task, remaining(self.limits, task.used_s) or self.limits)
        else:
            self._settle(task, ended.value)

    def _submit_again(self, task: Task, seconds: float) -> None:
        """Try a file again whose child was killed, in the time that is left, or a little."""
        task.lives -= 1
        task.used_s += seconds
        task.limits = once_more(self.limits, task.limits, task.used_s)
        self._submit(task)

    def _suspect(self, task: Task, code: str) -> None:
        """Try a file that broke its child once more; or blame it, and hash it in a further child."""
        left = None if task.is_suspected else remaining(self.limits, task.used_s)
        if left is not None:
            task.is_suspected, task.is_alone = True, code != "deadline"
            self._slow_down(task, left)
            return
        self._hash(task, code)

    def _hash(self, task: Task, code: str) -> None:
        """Blame a file, and hash it in the time that it has left."""
        limits = for_hash(self.limits, task.used_s)
        task.function, task.request, task.limits, task.blame = decode_child.hash_file, (), limits, code
        self._submit(task)

    def _settle(self, task: Task, value: object) -> None:
        value = with_tries(task, value)
        with self._lock:
            self._lanes.leave(task)
            self.slow_examinations -= task.is_slow_examination
            self._start_slow()
        if not task.answer.set_running_or_notify_cancel():  # its caller may have lost interest
            return
        if isinstance(value, NoDecoderError):
            task.answer.set_exception(value)
        else:
            task.answer.set_result(value)

    def _slow_down(self, task: Task, limits: ChildLimits) -> None:
        """Queue a file that is more than an ordinary scan, or that broke its child."""
        task.limits = limits
        with self._lock:
            if not self._is_closed:
                self._lanes.slow_down(task)
                self.slow_examinations += task.is_slow_examination
                self._start_slow()
                return
        task.cancel()

    def _start_slow(self) -> None:
        if self._is_held:
            return
        for task in self._lanes.starting():
            self._submit(task)
