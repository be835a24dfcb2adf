"""Sending a recording from this machine to a server."""
