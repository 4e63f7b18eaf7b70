"""Decoding and classifying on other machines, by Dask distributed: an executor like the local one."""
