"""`run` and `once`: the parts of one daemon, put together, and its loop."""
