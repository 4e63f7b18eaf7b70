"""Where files are decoded and batches classified: on this machine, today."""
