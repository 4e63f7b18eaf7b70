import json

from daemon.network.receiving.pending import noted_promises, promise
from daemon.network.receiving.terms import Peer
from daemon.network.receiving.transactions import Transaction

TWO = Transaction("9.8", (("1.2", "1.2.3"), ("1.2", "1.2.4")))
PEER = Peer("CT1", "192.0.2.7", ("", ""), 0, is_encrypted=True)


def test_a_promise_is_read_as_it_was_noted(tmp_path):
    made = promise(tmp_path, TWO, PEER, 60, lambda *_: None, is_explicit=True)
    (read,) = noted_promises(tmp_path, 60)
    for name in ("transaction", "ae_title", "address", "is_encrypted", "note", "wanted", "peer"):
        assert getattr(read, name) == getattr(made, name), name
    assert read.report is None, "that association is over"
    read.forget()
    assert list(tmp_path.iterdir()) == []


def test_older_notes_are_read_and_broken_ones_left(tmp_path):
    promise(tmp_path, TWO, PEER, 60, lambda *_: None, is_explicit=True)
    (note,) = tmp_path.iterdir()
    older = json.loads(note.read_text())
    del older["is_encrypted"]
    note.write_text(json.dumps(older))
    (tmp_path / "broken.json").write_text("{")
    assert [one.is_encrypted for one in noted_promises(tmp_path, 60)] == [False]
