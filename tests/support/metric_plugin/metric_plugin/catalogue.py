"""What the package's entry point names: all its metrics."""

from metric_plugin.agent_turn_share import METRIC

METRICS = (METRIC,)
