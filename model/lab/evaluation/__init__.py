"""How good a release is, and how far to trust the figures."""
