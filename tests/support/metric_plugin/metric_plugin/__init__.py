"""A package as somebody else would write it to add a metric to an installed Callscope."""
