import pytest

from storage.errors import DatabaseNotUtf8
from storage.postgres import refuse_encoding


class Said:
    """A connection whose server said how it stores text."""

    def __init__(self, encoding):
        self.info = self
        self.encoding = encoding

    def parameter_status(self, _name):
        return self.encoding


def test_utf8_alone_holds_every_name():
    refuse_encoding(Said("UTF8"))
    for other in ("SQL_ASCII", "LATIN1", "EUC_JP", None):
        with pytest.raises(DatabaseNotUtf8, match="createdb --template=template0 --encoding=UTF8"):
            refuse_encoding(Said(other))
