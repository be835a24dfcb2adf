"""Personal data in what was said: found by rules, masked. Pure."""
