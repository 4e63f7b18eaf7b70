"""Folders, claims and moves: the file system as the queue."""
