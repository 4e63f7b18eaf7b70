"""inboxray among DICOM systems: processes and commands of their own, which no daemon imports."""
