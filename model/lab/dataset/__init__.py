"""Labelled pictures: read, weighed, split by patient, prepared as the daemon prepares them."""
