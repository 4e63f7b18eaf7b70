"""`make demo`: a dozen scans through the real daemon, in a fresh spool, and what came of them."""
