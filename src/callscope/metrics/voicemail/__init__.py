"""Whether a person or a machine was reached."""
