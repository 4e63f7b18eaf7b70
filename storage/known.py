"""What a batch asks the ledger, all at once, and what it learns: plain values, no database in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from storage.records import Earlier, ScanRecord
from storage.rows import clean
from storage.vocabulary import CLASSIFIED


@dataclass(frozen=True, slots=True)
class Question:
    """What a batch wants to know of the rows that stand.

    Attributes
    ----------
    sha256s : frozenset of str
        Which scans were classified with these bytes?
    sop_instance_uids : frozenset of str
        With which bytes were these instances classified? As they would be recorded now.
    stored_paths : frozenset of str
        Which of these places does a row name?
    """

    sha256s: frozenset[str] = frozenset()
    sop_instance_uids: frozenset[str] = frozenset()
    stored_paths: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.sha256s or self.sop_instance_uids or self.stored_paths)

    @classmethod
    def union(cls, questions: Iterable["Question"]) -> "Question":
        """Ask several questions at once.

        Parameters
        ----------
        questions : iterable of Question

        Returns
        -------
        Question
        """
        several = list(questions)
        return cls(
            frozenset().union(*(one.sha256s for one in several)),
            frozenset().union(*(one.sop_instance_uids for one in several)),
            frozenset().union(*(one.stored_paths for one in several)),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """The answer to a `Question`.

    Attributes
    ----------
    earlier : mapping of str to Earlier
        By sha256: the first classified scan of these bytes; canaries are none.
    contents : mapping of str to frozenset of str
        By SOP Instance UID as it is recorded: the sha256 of each classified file that has it: what
        failed or was rejected has no prediction that another could contradict.
    stored_paths : frozenset of str
        Those that a row names, whether or not its file is still there.
    """

    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    contents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stored_paths: frozenset[str] = frozenset()

    @classmethod
    def union(cls, answers: Iterable["Known"]) -> "Known":
        """Put the answers to several questions together.

        Parameters
        ----------
        answers : iterable of Known

        Returns
        -------
        Known
        """
        earlier: dict[str, Earlier] = {}
        contents: dict[str, frozenset[str]] = {}
        stored_paths: set[str] = set()
        for one in answers:
            earlier |= one.earlier
            contents |= one.contents
            stored_paths |= one.stored_paths
        return cls(earlier, contents, frozenset(stored_paths))

    def has_other_bytes(self, sop_instance_uid: str | None, sha256: str | None) -> bool:
        """Return whether an instance was classified with bytes other than these.

        Parameters
        ----------
        sop_instance_uid : str or None
            None for a file that names none, or whose identifiers are not kept.
        sha256 : str or None
            Of its bytes; None if they could not be read.

        Returns
        -------
        bool
        """
        uid = clean(sop_instance_uid)
        if uid is None or sha256 is None:
            return False
        return bool(self.contents.get(uid, frozenset()) - {sha256})

    def after(self, rows: Iterable[ScanRecord]) -> "Known":
        """Add rows that were recorded after the question, in their order.

        A row that the database had before it is the first one still, so rows may be added that the answer
        has already.

        Parameters
        ----------
        rows : iterable of ScanRecord

        Returns
        -------
        Known
        """
        earlier, contents, stored_paths = dict(self.earlier), dict(self.contents), set(self.stored_paths)
        for row in rows:
            if row.stored_path:  # a canary's file is not kept
                stored_paths.add(row.stored_path)
            if row.outcome != CLASSIFIED or not row.sha256:
                continue
            if not row.is_canary:
                earlier.setdefault(row.sha256, earlier_from(row))
            if (uid := clean(row.sop_instance_uid)) is not None:
                contents[uid] = contents.get(uid, frozenset()) | {row.sha256}
        return Known(earlier, contents, frozenset(stored_paths))


def earlier_from(row: ScanRecord) -> Earlier:
    """Return what the ledger will say of a classified row.

    Parameters
    ----------
    row : ScanRecord

    Returns
    -------
    Earlier
    """
    return Earlier(
        scan_id=row.scan_id,
        model_sha256=row.model_sha256 or "",
        pipeline_version=row.pipeline_version,
        decision=row.decision or "",
        probability=row.probability or 0.0,
        score=row.score or 0.0,
        frames=row.frames,
        predictions=row.predictions,
    )
