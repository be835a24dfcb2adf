"""Callscope: open, self-hosted call analytics for voice agents."""

__version__ = "0.1.0"
