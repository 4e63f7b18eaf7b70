"""Rows: the results database, written idempotently and read by people and exports."""
