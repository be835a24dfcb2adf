"""Asking a judge about a call: the question as text, the answer checked against the transcript. Pure."""
