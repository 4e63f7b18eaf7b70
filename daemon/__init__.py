"""Files, processes and time: the way of a scan from the inbox to its row, and the command line."""
