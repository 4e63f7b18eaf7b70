import io

import pytest

from storage.errors import TableNeedsPackage, UnknownTable
from storage.tables import formats
from storage.tables.csv import BOM, write_csv
from storage.tables.formats import is_written, writer_of
from storage.tables.json_lines import write_json_lines


@pytest.mark.parametrize(
    ("name", "writer"),
    [("a.csv", write_csv), ("-", write_csv), ("/dev/fd/1", write_csv), ("a.JSONL", write_json_lines)],
)
def test_the_ending_says_what_is_written(name, writer):
    assert writer_of(name) is writer


@pytest.mark.parametrize("name", ["a.Parquet", "a.xlsx"])
def test_what_needs_a_package_says_which_where_it_is_absent(name, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda package: None)
    assert not is_written(name[1:].lower())
    with pytest.raises(TableNeedsPackage, match=r"needs (pyarrow|xlsxwriter), which is not installed"):
        writer_of(name)


@pytest.mark.parametrize("name", ["a.xls", "a.ODS", "a.json", "a.db"])
def test_no_csv_is_written_under_the_name_of_another_kind(name):
    with pytest.raises(UnknownTable, match=r"\.csv, \.jsonl, \.parquet, \.xlsx"):
        writer_of(name)


def test_the_mark_of_utf_8_is_for_csv_alone():
    stream = io.BytesIO()
    writer_of("a.csv", bom=True)([], stream)
    assert stream.getvalue().startswith(BOM + b"scan_id,")
    with pytest.raises(UnknownTable, match="leave out --bom"):
        writer_of("a.jsonl", bom=True)
