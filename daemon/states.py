"""The states of a file, from its sighting to its last place, and the one method that changes them.

Each file is in exactly one state. A stage holds its files in a `Files`; a file whose new state is not one of
the stage's leaves it. States belong to the thread of the service's loop: other threads append what they found
to a queue that the loop takes in.

References
----------
The shape, a frozen table and one way through it, is that of the worker state machine of `distributed` and of
the DICOM upper layer in `pynetdicom` (PS3.8 9.2).
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, Generic, Self, TypeVar


class State(Enum):
    """Where a file is on its way; `place` is the folder that it lies in."""

    place: str
    meaning: str

    SEEN = ("seen", "inbox", "waits for a second look, that must agree with the first")
    CHANGING = ("changing", "inbox", "was seen to change: waits longer for its second look")
    EXAMINING = ("examining", "inbox", "a child examines its structure")
    SETTLING = ("settling", "inbox", "waits to be whole, or quiet for long enough")
    READY = ("ready", "inbox", "may be claimed")
    OVERDUE = ("overdue", "inbox", "was waited for in vain: may be claimed, after those that are whole")
    CLAIMED = ("claimed", "claimed", "waits for a child")
    DECODING = ("decoding", "claimed", "a child has it, or soon will: the attempt is noted")
    DECODED = ("decoded", "claimed", "waits for a batch")
    IN_BATCH = ("in_batch", "claimed", "its batch is asked about, classified, answered and recorded")
    RECORDED = ("recorded", "claimed", "its row stands, its move was refused and is tried again")
    DONE = ("done", "done", "classified or rejected")
    FAILED = ("failed", "failed", "failed, with its reason beside it")
    REMOVED = ("removed", "", "a canary: its file is not kept")
    RETURNED = ("returned", "inbox", "was written to after it was read: a new arrival, without a row")
    GONE = ("gone", "", "was taken away before it was claimed, or is no file of ours")
    REFUSED = ("refused", "inbox", "may not be looked at or renamed: the next sweep meets it again")
    EVICTED = ("evicted", "inbox", "gave way to a newer file, for too many wait: a sweep meets it again")
    LEFT = ("left", "claimed", "the daemon ended: the next start goes on with it")

    def __new__(cls, name: str, place: str, meaning: str) -> Self:
        """Make a member whose value is its name."""
        state = object.__new__(cls)
        state._value_ = name
        state.place = place
        state.meaning = meaning
        return state

    __hash__ = object.__hash__  # a member is one object; Enum's own costs a call and the hash of a text


INBOX_STATES: Final = (
    State.SEEN,
    State.CHANGING,
    State.EXAMINING,
    State.SETTLING,
    State.READY,
    State.OVERDUE,
)
PIPELINE_STATES: Final = (
    State.CLAIMED,
    State.DECODING,
    State.DECODED,
    State.IN_BATCH,
    State.RECORDED,
)
ENDS: Final = (
    State.DONE,
    State.FAILED,
    State.REMOVED,
    State.RETURNED,
    State.GONE,
    State.REFUSED,
    State.EVICTED,
    State.LEFT,
)
_IN_PLACE: Final = {State.DONE, State.FAILED, State.REMOVED}
_NEVER_CLAIMED: Final = {State.GONE, State.REFUSED}
_SETTLED: Final = {State.READY, State.OVERDUE}
BEGINNINGS: Final = frozenset({State.SEEN, State.EXAMINING, State.CLAIMED, State.DECODED, State.RECORDED})
"""States of a file that was in none: met in the inbox, or found in ``claimed/`` at the start."""
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.SEEN: frozenset({State.CHANGING, State.EXAMINING} | _NEVER_CLAIMED),
        State.CHANGING: frozenset({State.EXAMINING, State.EVICTED} | _NEVER_CLAIMED),
        State.EXAMINING: frozenset({State.CHANGING, State.SETTLING} | _SETTLED | _NEVER_CLAIMED),
        State.SETTLING: frozenset(
            {State.CHANGING, State.EXAMINING, State.EVICTED} | _SETTLED | _NEVER_CLAIMED
        ),
        State.READY: frozenset({State.CHANGING, State.EXAMINING, State.CLAIMED} | _NEVER_CLAIMED),
        State.OVERDUE: frozenset(
            {State.CHANGING, State.EXAMINING, State.CLAIMED, State.EVICTED} | _NEVER_CLAIMED
        ),
        State.CLAIMED: frozenset({State.DECODING, State.LEFT}),
        State.DECODING: frozenset({State.DECODED, State.LEFT}),
        State.DECODED: frozenset({State.IN_BATCH, State.LEFT}),
        State.IN_BATCH: frozenset({State.RECORDED, State.RETURNED, State.CLAIMED, State.LEFT} | _IN_PLACE),
        State.RECORDED: frozenset(_IN_PLACE | {State.LEFT}),
    }
    | dict.fromkeys(ENDS, frozenset[State]())
)
"""The legal transitions."""


class IllegalTransitionError(Exception):
    """A file was to go from one state to another in a way that the table does not have: a fault of ours."""


_Key = TypeVar("_Key")
_Record = TypeVar("_Record")


class Files(Generic[_Key, _Record]):
    """The files of a stage by their state, those that came first into it first.

    Parameters
    ----------
    states : iterable of State
        Those of the stage.
    """

    def __init__(self, states: Iterable[State]) -> None:
        self._in: dict[State, OrderedDict[_Key, _Record]] = {state: OrderedDict() for state in states}
        self._states: dict[_Key, State] = {}
        self.left: Counter[State] = Counter()

    def move(self, key: _Key, to: State, record: _Record | None = None) -> None:
        """Change the state of a file: the only way in which a state changes.

        Parameters
        ----------
        key : hashable
            Path or scan_id.
        to : State
            That it has already: nothing changes, nor its turn.
        record : object, optional
            What the stage knows of a file that it did not hold.

        Raises
        ------
        IllegalTransitionError
            The table has no such transition.
        """
        before = self._states.get(key)
        if before is to:
            return
        if to not in (BEGINNINGS if before is None else TRANSITIONS[before]):
            was = "new" if before is None else before.value
            raise IllegalTransitionError(f"a file that is {was} cannot become {to.value}; please report it")
        known = record if before is None else self._in[before].pop(key)
        held = self._in.get(to)
        if held is None:
            self._states.pop(key, None)
            self.left[to] += 1
        elif known is None:
            raise IllegalTransitionError(f"a file becomes {to.value} and nothing is known of it")
        else:
            self._states[key] = to
            held[key] = known

    def update(self, key: _Key, record: _Record) -> None:
        """Change what is known of a file that the stage holds; its state and its turn stay.

        Parameters
        ----------
        key : hashable
        record : object

        Raises
        ------
        KeyError
            The stage does not hold it.
        """
        self._in[self._states[key]][key] = record

    def state(self, key: _Key) -> State | None:
        """Return the state of a file; None for one that the stage does not hold.

        Parameters
        ----------
        key : _Key

        Returns
        -------
        State or None
        """
        return self._states.get(key)

    def get(self, key: _Key) -> _Record | None:
        """Return what is known of a file; None for one that the stage does not hold.

        Parameters
        ----------
        key : _Key

        Returns
        -------
        _Record or None
        """
        state = self._states.get(key)
        return None if state is None else self._in[state][key]

    def of(self, state: State) -> Mapping[_Key, _Record]:
        """Return the files of a state, in the order in which they came into it.

        Parameters
        ----------
        state : State

        Returns
        -------
        mapping of _Key to _Record
        """
        return self._in[state]

    def count(self, *states: State) -> int:
        """Count the files that are in one of these states.

        Parameters
        ----------
        *states : State

        Returns
        -------
        int
        """
        return sum(len(self._in[state]) for state in states)

    def __contains__(self, key: object) -> bool:
        return key in self._states

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._states)
