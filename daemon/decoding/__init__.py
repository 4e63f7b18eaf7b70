"""Disposable child processes that read files: their pool, their limits, and what they answer."""
