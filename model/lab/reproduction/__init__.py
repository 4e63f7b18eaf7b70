"""The published recipe, made again to reproduce its table."""
