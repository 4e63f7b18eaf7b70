"""`backfill`: an archive of millions is answered where it lies; nothing of it is ever moved."""
