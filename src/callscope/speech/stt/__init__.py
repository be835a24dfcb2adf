"""Speech to words: clips cut at detected speech, recognised by an engine behind a Protocol, mapped back in time."""
