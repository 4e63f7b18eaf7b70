"""Figures: ranking, calibration, metrics."""
