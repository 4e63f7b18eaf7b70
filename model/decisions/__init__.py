"""From a score to a decision: calibration, thresholds, abstention."""
