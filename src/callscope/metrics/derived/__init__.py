"""Metrics computed from the values of other metrics: formulas, thresholds, patterns. Pure; the values come as given."""
