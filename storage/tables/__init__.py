"""The results as tables in files: CSV, JSON Lines, Parquet and spreadsheets."""
