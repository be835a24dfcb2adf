"""The vocabulary: frozen dataclasses over the standard library, imported by every other room."""
