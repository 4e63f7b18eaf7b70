"""Pixels and predictions: one way from bytes to network input, and from there to a decision."""
