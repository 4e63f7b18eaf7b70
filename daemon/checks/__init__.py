"""Checks that a daemon makes of itself: a picture with a known answer, and drift of what arrives."""
