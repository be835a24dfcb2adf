"""The catalogue: one file per metric under a family folder, found by the registry. Pure and synchronous.

A family folder holds metric modules and nothing else: `<slug>.py` with its definition in `METRIC`. What several
metrics share (intervals, statistics, interruptions, words) stands beside the folders.
"""
