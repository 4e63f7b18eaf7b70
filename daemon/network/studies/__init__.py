"""Studies that have become quiet: each is reported once, and again when its answers have changed."""
