"""Two voices in one channel: whose stretch of speech is whose, with a confidence that falls where error rises."""
