"""What arrives: events, sweeps, and the rule when a file may be claimed."""
