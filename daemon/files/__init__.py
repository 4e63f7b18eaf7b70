"""Commands that need no inbox: find files, classify them, convert them, draw their heat maps."""
