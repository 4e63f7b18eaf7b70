"""DICOM images for research, without what says whose they are (PS3.15 Annex E); pure, and it knows no file.

What is not known to be safe is removed: elements are kept by a list of those that may stay.
"""
