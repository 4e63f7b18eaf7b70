"""Many rows like one, made by the database itself: quicker than to record each."""

from sqlalchemy import text

from storage.schema import SCANS

_ANEW = {
    "seq": "one.seq + n.number",
    "scan_id": "substr(one.scan_id, 1, 24) || printf('%012x', :above + n.number)",
    "sha256": "printf('%064x', n.number)",
    "sop_instance_uid": "one.sop_instance_uid || '.' || n.number",
}


def multiply(engine, scan_id, number, above=0x100000):
    """Add so many scans behind one, on SQLite: of its study and answer, each with bytes of its own."""
    names = [f'"{column.name}"' for column in SCANS.c]
    values = [_ANEW.get(column.name, f'one."{column.name}"') for column in SCANS.c]
    counted = (
        "WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < :number)"
    )
    with engine.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO scans ({', '.join(names)}) {counted} "  # noqa: S608 -- names of our own
                f"SELECT {', '.join(values)} FROM scans AS one, n WHERE one.scan_id = :scan_id"
            ),
            {"number": number, "scan_id": scan_id, "above": above},
        )
