"""`inboxray export-dicom`: scans for research, with their answers, and without what says whose they are."""
